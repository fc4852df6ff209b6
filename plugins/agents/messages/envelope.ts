// What a message says, read from whatever somebody wrote: checked, its keys and words in lower case.
import { PRIORITIES, type Priority } from './settings.ts';

export interface Envelope {
  /** Its sender's name for it. */
  readonly id: string | undefined;
  readonly to: string;
  readonly type: string;
  readonly priority: Priority;
  /** UTC ISO 8601. */
  readonly timestamp: string | undefined;
  readonly reference: string | undefined;
  readonly payload: unknown;
  readonly context: unknown;
  /** Keys that mean nothing to Realm; delivered as they came. */
  readonly rest: Readonly<Record<string, unknown>>;
  readonly ttlMs: number | undefined;
}

/** A message that cannot be taken; the sentence is for whoever wrote it. */
export class Refused extends Error {
  /** It may only be half written yet. */
  readonly isTorn: boolean;
  constructor(why: string, isTorn = false) {
    super(why);
    this.isTorn = isTorn;
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const WORD = /^[a-z][a-z0-9_-]{0,63}$/;
const KNOWN = ['id', 'to', 'from', 'type', 'priority', 'timestamp', 'reference', 'payload', 'context', 'ttl'];
/** Realm's own words in a delivered message. */
const OWN = ['sequence'];

/** Throws Refused. */
export function parseMessage(bytes: Uint8Array): Envelope {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refused('it is not UTF-8', true);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (text.trim() === '') throw new Refused('it is empty', true);
    throw new Refused(`it is no JSON: ${(error as Error).message.slice(0, 200)}`, true);
  }
  return readEnvelope(value);
}

/** Throws Refused. `From` is not read: who sends is known by where it came from. */
export function readEnvelope(value: unknown): Envelope {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refused('it is no JSON object');
  const said = new Map<string, unknown>();
  const rest: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const name = key.toLowerCase();
    if (OWN.includes(name)) continue;
    if (!KNOWN.includes(name)) rest.push([key, inner]);
    else if (said.has(name)) throw new Refused(`it says \`${name}\` twice, in capitals and without`);
    else if (inner !== null) said.set(name, inner);
  }
  const to = textOf(said, 'to', 200);
  if (to === undefined) throw new Refused('it does not say `to` whom');
  return {
    id: textOf(said, 'id', 200),
    to: to.replace(/^agent\//, ''),
    type: wordOf(said, 'type') ?? 'update',
    priority: priorityOf(said),
    timestamp: timeOf(said),
    reference: textOf(said, 'reference', 500),
    payload: said.get('payload') ?? null,
    context: said.get('context') ?? null,
    rest: Object.fromEntries(rest),
    ttlMs: ttlOf(said),
  };
}

function textOf(said: ReadonlyMap<string, unknown>, key: string, most: number): string | undefined {
  const value = said.get(key);
  if (value === undefined) return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.trim() === '') throw new Refused(`its \`${key}\` is no text`);
  if (text.length > most) throw new Refused(`its \`${key}\` is longer than ${most} characters`);
  return text;
}

function wordOf(said: ReadonlyMap<string, unknown>, key: string): string | undefined {
  const text = textOf(said, key, 64)?.toLowerCase();
  if (text === undefined || WORD.test(text)) return text;
  throw new Refused(`its \`${key}\` is no word of letters, digits, "-" and "_"`);
}

function priorityOf(said: ReadonlyMap<string, unknown>): Priority {
  const text = wordOf(said, 'priority') ?? 'normal';
  const found = PRIORITIES.find((one) => one === text);
  if (found !== undefined) return found;
  throw new Refused(`its \`priority\` is ${JSON.stringify(text)}, which is none of ${PRIORITIES.join(', ')}`);
}

function timeOf(said: ReadonlyMap<string, unknown>): string | undefined {
  const text = textOf(said, 'timestamp', 100);
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Refused(`its \`timestamp\` is no time as in ISO 8601: ${JSON.stringify(text)}`);
  return new Date(at).toISOString();
}

function ttlOf(said: ReadonlyMap<string, unknown>): number | undefined {
  const text = textOf(said, 'ttl', 50);
  if (text === undefined) return undefined;
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (parts === null) throw new Refused(`its \`ttl\` is ${JSON.stringify(text)}, not an amount such as 30m or 2d`);
  return Number(parts[1]) * UNITS[parts[2]!]!;
}
