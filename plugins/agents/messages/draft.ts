// A message as it came, ready for the log: who sent it, until when it counts, and what makes it the same as another.
import { createHash } from 'node:crypto';
import { type Envelope, Refused } from './envelope.ts';
import type { MessageRecord } from './records.ts';

export interface Draft {
  readonly from: string;
  readonly envelope: Envelope;
  /** Of the sender, its id and all it says; of one without an id also of how it came. */
  readonly key: string;
  readonly ttlMs: number;
}

const LAST_TIME = 8_640_000_000_000_000; // what lies beyond has no date

/** Until when it counts, ms since the epoch. */
export const expiryOf = (at: number, ttlMs: number): number => Math.min(at + ttlMs, LAST_TIME);

/** `print`: of a message without an id, what tells it from another one that says the same. Throws Refused. */
export function draftOf(from: string, envelope: Envelope, print: string, ttlMs: number): Draft {
  const { id, to, type, priority, reference, payload, context, rest } = envelope;
  const said = [from, id ?? print, to, type, priority, reference ?? null, payload, context, rest];
  let text: string;
  try {
    text = JSON.stringify(said);
  } catch {
    throw new Refused('it is nested too deeply');
  }
  const key = createHash('sha256').update(text).digest('hex').slice(0, 24);
  return { from, envelope, key, ttlMs: envelope.ttlMs ?? ttlMs };
}

/** Two senders, or a careless one, may use one id for two messages: the later one gets another id. */
export function messageOf(
  { from, envelope, key, ttlMs }: Draft,
  keyOf: (id: string) => string | undefined,
  seq: number,
  at: number,
): MessageRecord {
  const { to, type, priority, timestamp, reference = null, payload, context, rest } = envelope;
  const given = envelope.id ?? key;
  const id = (keyOf(given) ?? key) === key ? given : `${given}-${key.slice(0, 8)}`;
  const when = { timestamp: timestamp ?? new Date(at).toISOString(), expiresAt: expiryOf(at, ttlMs) };
  const body = { payload, context, ...(Object.keys(rest).length === 0 ? {} : { rest }) };
  return { is: 'message', seq, at, from, id, key, to, type, priority, reference, ...when, ...body };
}

/** The log remembers that it came, and not what it says. */
export function onceMore({ rest: _, ...message }: MessageRecord, first: number): MessageRecord {
  return { ...message, payload: null, context: null, sameAs: first };
}
