// How the folder of a snapshot is named: by the local day, the ISO week, or the second, whichever the rhythm calls for.
import { nextSlot, parseSchedule, type Schedule } from 'realm-runner/plugin';
import { isoWeek, localTime } from './local-time.ts';
import type { LabelUnit } from './policy.ts';

const two = (value: number): string => String(value).padStart(2, '0');
const four = (value: number): string => String(value).padStart(4, '0');

/**
 * `2026-11-21`, `2026-W47` (the ISO week and the year it belongs to) or `2026-11-21-070312`, as clocks in `zone` show `at`
 * (ms). When they go back two instants have one label: whoever makes the folder tells them apart with `.2`.
 */
export function labelOf(unit: LabelUnit, at: number, zone: string): string {
  const local = localTime(at, zone);
  if (unit === 'week') {
    const { year, week } = isoWeek(local);
    return `${four(year)}-W${two(week)}`;
  }
  const day = `${four(local.year)}-${two(local.month)}-${two(local.day)}`;
  return unit === 'day' ? day : `${day}-${two(local.hour)}${two(local.minute)}${two(local.second)}`;
}

/** Looked at to learn a rhythm: over a year of a daily one, clock changes included. */
const SLOTS = 400;
/** Looking takes 20 ms, and is asked for at each pass. */
const rhythms = new Map<string, LabelUnit>();
const MOST_KNOWN = 1_000;
/** Always from the same instant, so that a policy keeps its kind of name. */
const SINCE = Date.UTC(2024, 0, 1);

/**
 * The coarsest name under which no two slots of the schedule meet: a week, a day, else the second. Without a schedule
 * snapshots come at any time, and have the second. `label` decides where it is written.
 */
export function unitOf(
  spec: { readonly label?: LabelUnit | undefined; readonly schedule?: string | undefined },
  zone: string,
): LabelUnit {
  if (spec.label !== undefined) return spec.label;
  if (spec.schedule === undefined) return 'second';
  const key = `${spec.schedule} in ${zone}`;
  const unit = rhythms.get(key) ?? rhythmOf(parseSchedule(spec.schedule, zone), zone);
  if (rhythms.size >= MOST_KNOWN) rhythms.clear();
  rhythms.set(key, unit);
  return unit;
}

function rhythmOf(schedule: Schedule, zone: string): LabelUnit {
  let unit: LabelUnit = 'week';
  let [week, day] = ['', ''];
  let slot = nextSlot(schedule, SINCE);
  for (let count = 0; count < SLOTS && slot !== undefined; count += 1) {
    const [itsWeek, itsDay] = [labelOf('week', slot, zone), labelOf('day', slot, zone)];
    if (itsDay === day) return 'second';
    if (itsWeek === week) unit = 'day';
    [week, day] = [itsWeek, itsDay];
    slot = nextSlot(schedule, slot);
  }
  return unit;
}
