// An event as it is handed in, kept in a row, and read back.
import type { EventName, RealmEvent, RealmEvents } from '../contract/events.ts';
import { messageOf, RealmError } from '../errors.ts';
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

/** An event and its data as JSON: written out when it was stated, so that nobody can change it afterwards. */
export interface Numbered {
  readonly event: RealmEvent;
  readonly json: string;
}

export function numbered(fact: Fact, seq: number, at: number): Numbered {
  const { type, ref, actor, status, durationMs } = fact;
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(fact.data ?? {});
  } catch (error) {
    cause = error;
  }
  if (json === undefined) {
    throw new RealmError(
      'EVENT_NOT_JSON',
      `the data of event ${type} is not JSON${cause === undefined ? '' : `: ${messageOf(cause)}`}`,
      { hint: `emit ${type} with plain objects, lists, texts and numbers`, cause },
    );
  }
  return { json, event: { seq, at, type, ref, actor, status, durationMs, data: fact.data } };
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
