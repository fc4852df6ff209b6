// An instant as a person types it: with a zone of its own, or as calendars and clocks of the realm show it.
import { RealmError } from 'realm-runner/plugin';
import { isoWeek, localTime } from './local-time.ts';

const DAY_MS = 86_400_000;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const WEEK = /^(\d{4})-W(\d{2})$/;
const TIME = /^(\d{4})-(\d{2})-(\d{2})(?:[T -])(\d{2}):?(\d{2})(?::?(\d{2}))?$/;

/**
 * The last ms of the day, week, minute or second that is named in `zone`; `2026-11-21T07:00:00Z` is that very instant. So
 * `2026-11-21` is all of that day, and the label of a snapshot names it. Throws BACKUP_RESTORE_REFUSED.
 */
export function instantOf(text: string, zone: string): number {
  const local = lastOf(text.replace(/\.\d+$/, ''));
  const at = local === undefined ? exactly(text) : inZone(local, zone);
  if (at !== undefined) return at;
  throw new RealmError('BACKUP_RESTORE_REFUSED', `${JSON.stringify(text)} is no instant`, {
    hint: 'as in 2026-11-21, 2026-11-21 07:00, 2026-W47 or 2026-11-21T07:00:00Z',
  });
}

/** With a zone written behind it; without one it is none of ours. */
const exactly = (text: string): number | undefined => {
  const at = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
};

/** As if the zone were UTC. */
function lastOf(text: string): number | undefined {
  const week = WEEK.exec(text);
  if (week !== null) return lastOfWeek(Number(week[1]), Number(week[2]));
  const [, year, month, day, hour, minute, second] = (DAY.exec(text) ?? TIME.exec(text) ?? []).map(Number);
  if (year === undefined) return undefined;
  const isDay = hour === undefined;
  const at = Date.UTC(
    year,
    month! - 1,
    day,
    hour ?? 23,
    minute ?? 59,
    isDay || Number.isNaN(second!) ? 59 : second,
    999,
  );
  // 30 February would be in March
  const shown = new Date(at);
  return shown.getUTCDate() === day && shown.getUTCMonth() === month! - 1 && (isDay || shown.getUTCHours() === hour)
    ? at
    : undefined;
}

function lastOfWeek(year: number, week: number): number | undefined {
  const fourth = Date.UTC(year, 0, 4); // always in the first week
  const monday = fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS;
  const last = monday + week * 7 * DAY_MS - 1;
  const found = isoWeek(localTime(last, 'UTC'));
  return found.year === year && found.week === week ? last : undefined;
}

/** When clocks go back it is the later of the two; a time that they leap over is taken as if they did not. */
function inZone(local: number, zone: string): number {
  const tries = [local + DAY_MS, local - DAY_MS].map((near) => local - localTime(near, zone).offsetMs);
  const real = tries.filter((at) => at + localTime(at, zone).offsetMs === local);
  return Math.max(...(real.length > 0 ? real : tries));
}
