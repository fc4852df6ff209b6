// Times of things in a row: short ones under a line for each day on a terminal, whole UTC ones for pipes.
import { isoTime } from '../../clock.ts';
import type { Output } from './terminal.ts';
import { dayOf } from './time.ts';

const two = (number: number): string => String(number).padStart(2, '0');

/** Answers, for each time in turn, what stands before its line; a new day begins with a line of its own. */
export function timeline({ columns, paint }: Pick<Output, 'columns' | 'paint'>): (ms: number) => string {
  let day = '';
  return (ms) => {
    if (!Number.isFinite(columns)) return isoTime(ms);
    const at = new Date(ms); // in the zone of the person who looks
    const today = dayOf(at);
    const clock = paint('dim', `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`);
    if (today === day) return clock;
    day = today;
    return `${paint('dim', `${today} (${zoneOf(at)})`)}\n${clock}`;
  };
}

/** `+01:00`, or `UTC`. */
function zoneOf(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}:${two(size % 60)}`;
}
