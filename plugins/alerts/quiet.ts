// Quiet hours: whether they are now, and what they hold back.
import type { Item } from './outbox.ts';
import type { AlertSpec } from './spec.ts';

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes since midnight on the clocks of the zone, as they are shown there: summer time is in it. */
export function minuteOf(now: number, timezone: string): number {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timezone, clock); // making one takes a millisecond
  }
  const [hour = 0, minute = 0] = clock.format(now).split(':').map(Number);
  return hour * 60 + minute;
}

export function isQuiet({ quiet }: AlertSpec, minute: number): boolean {
  if (quiet === undefined) return false;
  const { fromMinute, toMinute } = 'hours' in quiet ? quiet.hours : quiet;
  return fromMinute <= toMinute ? fromMinute <= minute && minute < toMinute : fromMinute <= minute || minute < toMinute;
}

export function isHeld({ severity }: Pick<Item, 'severity'>, spec: AlertSpec, minute: number): boolean {
  const sparesCritical = spec.quiet !== undefined && !('hours' in spec.quiet && spec.quiet.critical);
  return isQuiet(spec, minute) && !(severity === 'critical' && sparesCritical);
}
