// When a cron pattern comes due: slots as instants, and which of them are owed. Pure; croner is only the calculator.
import { createRequire } from 'node:module';
import type * as Croner from 'croner';
import type { Cron } from 'croner';
import { isoTime } from './clock.ts';
import { messageOf, RealmError } from './errors.ts';
import type { Ref } from './model/ref.ts';
import { isZone } from './zone.ts';

/** A parsed pattern in its zone. All slots are on whole seconds, in milliseconds since the epoch. */
export interface Schedule {
  readonly pattern: string;
  readonly zone: string;
  readonly cron: Cron;
}

/** Read where somebody has a schedule: most commands have none. */
let calculator: typeof Croner | undefined;

const SHOWN_CHARACTERS = 60;
const HINT = 'minute hour day month weekday, as in "0 7 * * MON-FRI"; or @hourly, @daily, @weekly, @monthly, @yearly';

function refuse(pattern: string, why: string, hint: string): never {
  const shown = pattern.length > SHOWN_CHARACTERS ? `${pattern.slice(0, SHOWN_CHARACTERS)}…` : pattern;
  throw new RealmError('SCHEDULE_INVALID', `"${shown}" is not a schedule: ${why}`, { hint });
}

/**
 * Reads five cron fields, or six with seconds in front, or a word such as `@daily`.
 * When clocks change: fixed times (no `*` and no `/` in minute and hour) run once, at the first of two equal local times,
 * or as soon as the clock has jumped over theirs; all others follow real time. This is Vixie cron's rule, see crontab(5).
 * Throws SCHEDULE_INVALID for a pattern that cannot be read or never comes due, and for an unknown zone.
 */
export function parseSchedule(pattern: string, zone: string): Schedule {
  if (!isZone(zone)) {
    throw new RealmError('SCHEDULE_INVALID', `there is no time zone "${zone.slice(0, SHOWN_CHARACTERS)}"`, {
      hint: 'an IANA name, as in Europe/Berlin or UTC',
    });
  }
  // croner also takes a date, which is no schedule
  if (!pattern.trim().startsWith('@') && pattern.trim().split(/\s+/).length < 5) {
    refuse(pattern, 'it needs five fields', HINT);
  }
  calculator ??= createRequire(import.meta.url)('croner') as typeof Croner;
  let cron: Cron;
  try {
    cron = new calculator.Cron(pattern, {
      timezone: zone,
      paused: true,
      mode: '5-or-6-parts',
      fixedTimeRule: 'no-wildcard',
    });
  } catch (error) {
    const reason = messageOf(error).replace(/^Cron\w+: /, '');
    refuse(pattern, reason.slice(0, 2 * SHOWN_CHARACTERS), HINT);
  }
  const schedule = { pattern, zone, cron };
  if (nextSlot(schedule, 0) === undefined) refuse(pattern, 'no such day ever comes', 'check day and month');
  return schedule;
}

/** The first slot later than `after`; undefined when there is none up to the year 9999. */
export function nextSlot(schedule: Schedule, after: number): number | undefined {
  return schedule.cron.nextRun(new Date(after))?.getTime();
}

/** The last slot at `atOrBefore` or earlier. As fast for yearly patterns as for minutely ones. */
export function latestSlot(schedule: Schedule, atOrBefore: number): number | undefined {
  // croner looks strictly before; slots are on whole seconds, so one millisecond more includes the instant itself
  return schedule.cron.previousRuns(1, new Date(atOrBefore + 1))[0]?.getTime();
}

/** Slots with `since` < slot <= `until`, oldest first, at most `limit`. */
export function slots(schedule: Schedule, since: number, until: number, limit: number): readonly number[] {
  const found: number[] = [];
  let slot = nextSlot(schedule, since);
  while (slot !== undefined && slot <= until && found.length < limit) {
    found.push(slot);
    slot = nextSlot(schedule, slot);
  }
  return found;
}

/** A slot this late still counts as on time: waking up takes a moment, and minds nobody. */
const ON_TIME_MS = 60_000;
/** Counting is for the reader of a message; after a long outage of many schedules it must not take minutes. */
const COUNTED_MISSED = 20;

export interface DueQuestion {
  /** The newest slot that was answered: run, or skipped for good. For a new schedule: when it was declared. Undefined: never. */
  readonly lastDone: number | undefined;
  readonly now: number;
  /** What to do about slots that passed while nobody watched: nothing, only the newest, or each of them. */
  readonly catchUp: 'none' | 'latest' | 'all';
  /** A slot older than this is not caught up. */
  readonly windowMs: number;
  /** At most so many at once, the newest win. */
  readonly cap: number;
}

export interface Due {
  /** Slots to run now, oldest first. */
  readonly slots: readonly number[];
  /** Slots since `lastDone` that will not be run. Counted up to 20, which then means: or more. */
  readonly missed: number;
}

/**
 * Which slots are owed at `now`. A slot is never owed twice while `lastDone` moves to the newest one answered;
 * a clock that went backwards owes nothing until it has passed `lastDone` again.
 */
export function dueSlots(schedule: Schedule, { lastDone, now, catchUp, windowMs, cap }: DueQuestion): Due {
  const oldest = now - (catchUp === 'none' ? ON_TIME_MS : Math.max(windowMs, ON_TIME_MS));
  const since = lastDone ?? -Infinity;
  const wanted = catchUp === 'all' ? cap : Math.min(cap, 1);
  const due: number[] = [];
  let missed = 0;
  let slot = latestSlot(schedule, now);
  while (slot !== undefined && slot > since && missed < COUNTED_MISSED) {
    if (slot >= oldest && due.length < wanted) due.unshift(slot);
    else if (lastDone === undefined) break; // nothing was promised before the first slot
    else missed += 1;
    slot = latestSlot(schedule, slot - 1);
  }
  return { slots: due, missed };
}

/** The key of the run that answers a slot: the instant is in UTC, since a local label is ambiguous when clocks go back. */
export const runKey = (ref: Ref, slotMs: number): string => `${ref}@${isoTime(slotMs)}`;
