// Units as people write them, `30s` and `5GiB`, turned into the numbers code works with.
import type { DayRange, DurationRange } from './schema.ts';

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Milliseconds of `250ms`, `30s`, `15m`, `4h`, `7d` (a day is 24 hours), or undefined for any other text. */
export const durationMs = (text: string): number | undefined => scaled(text, MS);

/** Bytes of `64KiB`, `5GiB`, `1TB`, or undefined for any other text. */
export const sizeBytes = (text: string): number | undefined => scaled(text, BYTES);

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text);
  const unit = match && Object.hasOwn(units, match[2]!) ? units[match[2]!] : undefined;
  return match === null || unit === undefined ? undefined : Math.round(Number(match[1]) * unit);
}

/** `100ms..5m` in milliseconds, or undefined for any other text. */
export function durationRange(text: string): DurationRange | undefined {
  const [fromMs, toMs, ...more] = text.split('..').map(durationMs);
  return fromMs === undefined || toMs === undefined || more.length > 0 ? undefined : { fromMs, toMs };
}

/** `22:00..07:00` in minutes since midnight, or undefined for any other text. */
export function dayRange(text: string): DayRange | undefined {
  const match = /^(\d\d):(\d\d)\.\.(\d\d):(\d\d)$/.exec(text);
  if (match === null) return undefined;
  const [fromHour, from, toHour, to] = match.slice(1).map(Number) as [number, number, number, number];
  return { fromMinute: fromHour * 60 + from, toMinute: toHour * 60 + to };
}

/** The shortest text that is read as these milliseconds, `90s` or `1d`; undefined for what no text means. */
export const durationText = (ms: number): string | undefined => writtenIn(MS, 'ms', ms);

/** The shortest text that is read as these bytes, `5GiB` or `1TB`; undefined for what no text means. */
export const sizeText = (bytes: number): string | undefined => writtenIn(BYTES, 'B', bytes);

/** The shortest text that is read as this range; undefined for what no text means. */
export function durationRangeText({ fromMs, toMs }: DurationRange): string | undefined {
  const [from, to] = [durationText(fromMs), durationText(toMs)];
  return from === undefined || to === undefined ? undefined : `${from}..${to}`;
}

/** `22:00..07:00`; undefined for what no text means. */
export function dayRangeText({ fromMinute, toMinute }: DayRange): string | undefined {
  const [from, to] = [fromMinute, toMinute].map(clockText);
  return from === undefined || to === undefined ? undefined : `${from}..${to}`;
}

const clockText = (minute: number): string | undefined =>
  Number.isInteger(minute) && minute >= 0 && minute < 1_440
    ? [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':')
    : undefined;

/** File permissions as they are written, `0644`; undefined for what no text means. */
export const modeText = (mode: number): string | undefined =>
  Number.isInteger(mode) && mode >= 0 && mode <= 0o7777 ? mode.toString(8).padStart(4, '0') : undefined;

/** In the largest unit that leaves a whole number. */
function writtenIn(units: Readonly<Record<string, number>>, least: string, value: number): string | undefined {
  if (!Number.isSafeInteger(value) || value < 0) return undefined;
  if (value === 0) return `0${least}`;
  const [unit, size] = Object.entries(units)
    .filter(([, size]) => value % size === 0)
    .reduce((best, next) => (next[1] > best[1] ? next : best));
  return `${value / size}${unit}`;
}
