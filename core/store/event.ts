// An event as it is handed in, kept in a row, and read back.
import type { EventName, RealmEvent, RealmEvents } from '../contract/events.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { Mask } from '../mask.ts';
import type { Ref } from '../model/ref.ts';
import { fromJson } from './column.ts';
import type { Database } from './database.ts';

/** A fact before it has a number and a time. */
export interface Fact<K extends EventName = EventName> {
  readonly type: K;
  readonly data: RealmEvents[K];
  /** `kernel`, `plugin:<name>`, `user:<name>`, `agent:<name>`. */
  readonly actor: string;
  readonly ref?: Ref | undefined;
  readonly status?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** What the kernel itself names things by: these are in the config, and whoever hears the event looks things up by them. */
const NAMES = ['ref', 'id', 'plugin', 'action'];

/** The fact without the text of secrets. What a plugin states may hold one anywhere. */
export function maskedFact<K extends EventName>(fact: Fact<K>, mask: Mask): Fact<K> {
  const { actor, ref, status } = fact;
  const data = dataOf(fact, (given) => mask.value(given)) as Record<string, unknown>;
  const given = fact.data as unknown as Readonly<Record<string, unknown>>;
  for (const name of actor.startsWith('plugin:') ? [] : NAMES) if (name in data) data[name] = given[name];
  if ('ref' in data && given['ref'] === ref) data['ref'] = ref;
  return { ...fact, data, status: status === undefined ? undefined : mask.text(status) } as unknown as Fact<K>;
}

/** An event and its data as JSON: written out when it was stated, so that nobody can change it afterwards. */
export interface Numbered {
  readonly event: RealmEvent;
  readonly json: string;
}

export function numbered(fact: Fact, seq: number, at: number): Numbered {
  const { type, ref, actor, status, durationMs } = fact;
  const json = dataOf(fact, JSON.stringify);
  return { json, event: { seq, at, type, ref, actor, status, durationMs, data: fact.data } };
}

/** Throws EVENT_NOT_JSON when `read` makes nothing of it. */
function dataOf<T>({ type, data }: Fact, read: (data: object) => T | undefined): T {
  let found: T | undefined;
  let cause: unknown;
  try {
    found = read(data ?? {});
  } catch (error) {
    cause = error;
  }
  if (found !== undefined) return found;
  throw new RealmError(
    'EVENT_NOT_JSON',
    `the data of event ${type} is not JSON${cause === undefined ? '' : `: ${messageOf(cause)}`}`,
    { hint: `emit ${type} with plain objects, lists, texts and numbers`, cause },
  );
}

const INSERT =
  'INSERT INTO events (seq, at, type, ref, actor, status, duration_ms, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';

export function insertEvent(database: Database, { event, json }: Numbered): void {
  database.run(
    INSERT,
    event.seq,
    event.at,
    event.type,
    event.ref ?? null,
    event.actor,
    event.status ?? null,
    event.durationMs ?? null,
    json,
  );
}

export function decodeEvent(row: Record<string, unknown>): RealmEvent {
  return {
    seq: row['seq'] as number,
    at: row['at'] as number,
    type: row['type'] as EventName,
    ref: (row['ref'] ?? undefined) as Ref | undefined,
    actor: row['actor'] as string,
    status: (row['status'] ?? undefined) as string | undefined,
    durationMs: (row['duration_ms'] ?? undefined) as number | undefined,
    data: fromJson(row['data']) as RealmEvents[EventName],
  };
}

/** What a reader is told in the place of events that are no longer, or never were, in the journal. */
export function gapEvent(from: number, to: number, reason: string, seq: number, at: number): RealmEvent<'journal.gap'> {
  return {
    seq,
    at,
    type: 'journal.gap',
    ref: undefined,
    actor: 'kernel',
    status: undefined,
    durationMs: undefined,
    data: { from, to, reason },
  };
}
