// When a daily pattern is due by an independent reckoning: local clock times turned into instants with nothing but Intl.
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The difference of local time to UTC in ms, at each instant. */
export function offsets(zone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return (at) => {
    const [month, day, year, hour, minute, second] = format.format(at).match(/\d+/g)!.map(Number);
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
  };
}

export interface Transition {
  /** The first instant of the new offset. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** Every change of offset in the period: looked for every eight hours, then narrowed down to the second. */
export function transitions(offsetAt: (at: number) => number, from: number, to: number): readonly Transition[] {
  const found: Transition[] = [];
  let before = offsetAt(from);
  for (let at = from; at < to; at += 8 * HOUR) {
    const after = offsetAt(at + 8 * HOUR);
    if (after === before) continue;
    let [low, high] = [at, at + 8 * HOUR];
    while (high - low > 1000) {
      const middle = Math.floor((low + high) / 2000) * 1000;
      if (offsetAt(middle) === before) low = middle;
      else high = middle;
    }
    found.push({ at: high, before, after });
    before = after;
  }
  return found;
}

export interface Times {
  readonly pattern: string;
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  /** No star and no step in minute and hour. */
  readonly isFixed: boolean;
  /** Local dates on which it is due; default all. */
  readonly on?: (localMidnightAsUtc: number) => boolean;
}

/** The due instants with `since` < instant <= `until`, in order, by the rule in the words of crontab(5). */
export function dueBy(
  times: Times,
  offsetAt: (at: number) => number,
  all: readonly Transition[],
  since: number,
  until: number,
): readonly number[] {
  const found = new Set<number>();
  const known = [...new Set([offsetAt(since), ...all.flatMap((one) => [one.before, one.after])])];
  const firstDay = Math.floor((since + offsetAt(since)) / DAY) * DAY - DAY;
  for (let day = firstDay; day <= until + 2 * DAY; day += DAY) {
    if (times.on !== undefined && !times.on(day)) continue;
    for (const hour of times.hours) {
      for (const minute of times.minutes) {
        const local = day + hour * HOUR + minute * 60_000;
        const instants = known.map((offset) => local - offset).filter((at) => at + offsetAt(at) === local);
        const sorted = instants.toSorted((a, b) => a - b);
        if (!times.isFixed) for (const at of sorted) found.add(at);
        else if (sorted.length > 0) found.add(sorted[0]!);
        else {
          // no clock showed it: the jump that went over it, if it landed on the same day
          const jump = all.find((one) => one.at + one.before <= local && local < one.at + one.after);
          if (jump !== undefined && jump.at + jump.after < day + DAY) found.add(jump.at);
        }
      }
    }
  }
  return [...found].filter((at) => at > since && at <= until).toSorted((a, b) => a - b);
}

const every = (step: number, end: number): number[] =>
  Array.from({ length: Math.ceil(end / step) }, (_, index) => index * step);

/** Patterns that stand for all ways in which clock changes can matter. */
export const PATTERNS: readonly Times[] = [
  { pattern: '30 2 * * *', hours: [2], minutes: [30], isFixed: true },
  { pattern: '0 0 * * *', hours: [0], minutes: [0], isFixed: true },
  { pattern: '59 23 * * *', hours: [23], minutes: [59], isFixed: true },
  { pattern: '30 2,14 * * *', hours: [2, 14], minutes: [30], isFixed: true },
  { pattern: '15,45 0-4 * * *', hours: [0, 1, 2, 3, 4], minutes: [15, 45], isFixed: true },
  { pattern: '0 3 * * SUN', hours: [3], minutes: [0], isFixed: true, on: (day) => new Date(day).getUTCDay() === 0 },
  { pattern: '*/20 * * * *', hours: every(1, 24), minutes: [0, 20, 40], isFixed: false },
  { pattern: '*/15 2 * * *', hours: [2], minutes: [0, 15, 30, 45], isFixed: false },
  { pattern: '7 */2 * * *', hours: every(2, 24), minutes: [7], isFixed: false },
];
