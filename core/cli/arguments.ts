// Values of flags as people type them: durations, instants, counts.
import { isoTime } from '../clock.ts';
import { RealmError } from '../errors.ts';
import { DURATION } from '../schema/schema.ts';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s` as milliseconds. Throws USAGE. */
export function durationMs(flag: string, text: string): number {
  const unit = new RegExp(DURATION).exec(text)?.[2] as keyof typeof UNIT_MS | undefined;
  if (unit === undefined)
    throw new RealmError('USAGE', `\`${flag} ${text}\`: not a duration.`, {
      hint: 'Write it as in 30s, 15m, 4h or 7d.',
    });
  return Number.parseFloat(text) * UNIT_MS[unit];
}

/** `2h` from now, or a time with its zone; UTC ISO 8601. Throws USAGE, also for an instant in the past. */
export function instant(flag: string, text: string, nowMs: number): string {
  const isDuration = new RegExp(DURATION).test(text);
  const hasZone = /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text);
  const at = isDuration ? nowMs + durationMs(flag, text) : hasZone ? Date.parse(text) : Number.NaN;
  if (!(Math.abs(at) <= 8.64e15))
    throw new RealmError('USAGE', `\`${flag} ${text}\`: neither a duration nor a time.`, {
      hint: 'Write 2h, or a time with its zone, as in 2030-01-31T18:00:00Z.',
    });
  if (at <= nowMs) throw new RealmError('USAGE', `\`${flag} ${text}\` is already over.`, { hint: 'Give a later one.' });
  return isoTime(at);
}

/** A whole number from 0. Throws USAGE. */
export function count(flag: string, text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new RealmError('USAGE', `\`${flag} ${text}\`: not a whole number from 0.`, {
    hint: `Write it as in ${flag} 20.`,
  });
}
