// Values of flags as people type them: durations, instants, counts.
import { isoTime } from '../clock.ts';
import { RealmError } from '../errors.ts';
import { durationMs } from '../schema/units.ts';

/** `90s` as milliseconds. Throws USAGE. */
export function durationFlag(flag: string, text: string): number {
  const ms = durationMs(text);
  if (ms !== undefined) return ms;
  throw new RealmError('USAGE', `\`${flag} ${text}\`: not a duration.`, {
    hint: 'Write it as in 30s, 15m, 4h or 7d.',
  });
}

/** `2h` from now, or a time with its zone; UTC ISO 8601. Throws USAGE, also for an instant in the past. */
export function instant(flag: string, text: string, nowMs: number): string {
  const afterMs = durationMs(text);
  const at = afterMs === undefined ? timeOf(text) : nowMs + afterMs;
  if (!(Math.abs(at) <= 8.64e15))
    throw new RealmError('USAGE', `\`${flag} ${text}\`: neither a duration nor a time.`, {
      hint: 'Write 2h, or a time with its zone, as in 2030-01-31T18:00:00Z.',
    });
  if (at <= nowMs) throw new RealmError('USAGE', `\`${flag} ${text}\` is already over.`, { hint: 'Give a later one.' });
  return isoTime(at);
}

/** `2h` ago, or a time with its zone; milliseconds since the epoch. Throws USAGE. */
export function past(flag: string, text: string, nowMs: number): number {
  const agoMs = durationMs(text);
  const at = agoMs === undefined ? timeOf(text) : nowMs - agoMs;
  if (Number.isFinite(at)) return at;
  throw new RealmError('USAGE', `\`${flag} ${text}\`: neither a duration nor a time.`, {
    hint: 'Write 2h for two hours ago, or a time with its zone, as in 2030-01-31T18:00:00Z.',
  });
}

/** NaN for a text that is no time with its zone. */
const timeOf = (text: string): number => (/T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN);

/** A whole number from 0. Throws USAGE. */
export function count(flag: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new RealmError('USAGE', `\`${flag} ${text}\`: not a whole number from 0.`, {
    hint: `Write it as in ${flag} 20.`,
  });
}
