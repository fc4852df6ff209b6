// What clocks and calendars in a zone show at an instant.

export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** ms that the zone is ahead of UTC then: tells the two hours apart that one autumn night gives the same number. */
  readonly offsetMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>(); // one takes 20 us and more to make

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const [numeric, calendar] = ['numeric' as const, 'iso8601'];
    const date = { year: numeric, month: numeric, day: numeric };
    const time = { hour: numeric, minute: numeric, second: numeric, hourCycle: 'h23' as const };
    format = new Intl.DateTimeFormat('en', { timeZone: zone, calendar, ...date, ...time });
    formats.set(zone, format);
  }
  return format;
}

/** Node 24 has no Temporal yet; with one the first answer takes 1 ms, of Intl 20. */
const { Temporal: temporal } = globalThis as { readonly Temporal?: typeof Temporal };

/** `at`: ms since the epoch. Throws a RangeError when there is no such zone or instant. */
export const localTime = (at: number, zone: string): LocalTime =>
  temporal === undefined ? timeByIntl(at, zone) : timeByTemporal(at, zone, temporal);

function timeByTemporal(at: number, zone: string, { ZonedDateTime }: typeof Temporal): LocalTime {
  const there = new ZonedDateTime(BigInt(Math.floor(at)) * 1_000_000n, zone);
  const { year, month, day, hour, minute, second, offsetNanoseconds } = there;
  return { year, month, day, hour, minute, second, offsetMs: offsetNanoseconds / 1e6 };
}

export function timeByIntl(at: number, zone: string): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const [year, month, day] = [part('year'), part('month'), part('day')];
  const [hour, minute, second] = [part('hour'), part('minute'), part('second')];
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  return { year, month, day, hour, minute, second, offsetMs: asUtc - Math.floor(at / 1000) * 1000 };
}

const DAY_MS = 86_400_000;

/** The ISO 8601 week and the year it belongs to: weeks begin on Monday, and belong to the year of their Thursday. */
export function isoWeek({ year, month, day }: LocalTime): { readonly year: number; readonly week: number } {
  const midnight = Date.UTC(year, month - 1, day);
  const sinceMonday = (new Date(midnight).getUTCDay() + 6) % 7;
  const thursday = midnight + (3 - sinceMonday) * DAY_MS;
  const weekYear = new Date(thursday).getUTCFullYear();
  return { year: weekYear, week: Math.floor((thursday - Date.UTC(weekYear, 0, 1)) / DAY_MS / 7) + 1 };
}
