// Time zones by their names: which there are, and the one of this machine.
import { systemClock } from './clock.ts';

/** Node 24 has none yet. Where there is one it answers at once; the first question to Intl takes 12 ms and more. */
const temporal: typeof Temporal | undefined = (globalThis as { Temporal?: typeof Temporal }).Temporal;

/** Whether it is an IANA name such as Europe/Berlin, or an offset such as +02:00. */
export function isZone(text: string): boolean {
  try {
    const made =
      temporal === undefined ? Intl.DateTimeFormat('en', { timeZone: text }) : new temporal.ZonedDateTime(0n, text);
    return made !== undefined;
  } catch {
    return false; // both throw a RangeError, and nothing else
  }
}

let zone: string | undefined;

/** The zone of this machine, asked once. When `TZ` names none, as an empty one and `UTC+3` do: its offset now, such as -03:00. */
export const systemZone = (): string => (zone ??= zoneAt(new Date(systemClock.now())));

function zoneAt(now: Date): string {
  const minutes = -now.getTimezoneOffset();
  if (temporal === undefined) {
    const named = Intl.DateTimeFormat().resolvedOptions().timeZone as string | undefined;
    return named !== undefined && isZone(named) ? named : offsetZone(minutes);
  }
  const named = temporal.Now.timeZoneId(); // UTC where it does not know
  return isZone(named) && minutesIn(named, now, temporal) === minutes ? named : offsetZone(minutes);
}

const minutesIn = (name: string, now: Date, { ZonedDateTime }: typeof Temporal): number =>
  new ZonedDateTime(BigInt(now.getTime()) * 1_000_000n, name).offsetNanoseconds / 60e9;

function offsetZone(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const two = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
