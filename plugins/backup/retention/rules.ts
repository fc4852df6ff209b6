// The rules of `keep:` over snapshots that all count: which of them names which snapshot, in words that people know.
import { isoWeek, type LocalTime, localTime } from '../local-time.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Keep } from '../spec.ts';

/** Reasons to keep each; a snapshot that is not in it is named by no rule. */
export type Named = ReadonlyMap<Snapshot, readonly string[]>;

const dayOf = ({ year, month, day }: LocalTime): string => `${year} ${month} ${day}`;

const PERIODS: readonly {
  readonly name: 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';
  readonly keyOf: (at: LocalTime) => string;
}[] = [
  { name: 'hourly', keyOf: (at) => `${dayOf(at)} ${at.hour} ${at.offsetMs}` },
  { name: 'daily', keyOf: (at) => dayOf(at) },
  { name: 'weekly', keyOf: (at) => Object.values(isoWeek(at)).join(' ') },
  { name: 'monthly', keyOf: (at) => `${at.year} ${at.month}` },
  { name: 'yearly', keyOf: (at) => `${at.year}` },
];

/** The instant whose hour, day or week it stands for: its slot, since one that is caught up answers an earlier day. */
const standsFor = ({ slot, startedAt }: Snapshot): number => Math.min(slot ?? startedAt, startedAt);

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;
/** As in the YAML: the largest unit that fits without a rest. */
function spelt(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms > 0 && ms % length === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/** Each rule that is written, as in `last 10`; empty: nothing says what to keep. */
export function written(keep: Keep): readonly string[] {
  const counts = ['last' as const, ...PERIODS.map(({ name }) => name)].flatMap((name) => {
    const count = keep[name] ?? 0;
    return count > 0 ? [`${name} ${count}`] : [];
  });
  const within = (keep.within ?? 0) > 0 ? [`within ${spelt(keep.within ?? 0)}`] : [];
  return [...counts, ...within, ...(keep.tags ?? []).map((tag) => `tag ${tag}`)];
}

/**
 * A snapshot that any rule names stays. A count is of hours, days, weeks that have a snapshot, so that gaps cost nothing,
 * and the newest of each stays; while a count has not run out the oldest of all stays too, or history could never grow
 * long enough to fill it. `within` is measured from the newest of them, never from now: an outage takes nothing away.
 */
export function namedBy(keep: Keep, newestFirst: readonly Snapshot[], zone: string): Named {
  const named = new Map<Snapshot, string[]>();
  const say = (one: Snapshot, reason: string): void => {
    named.set(one, [...(named.get(one) ?? []), reason]);
  };
  const last = keep.last ?? 0;
  newestFirst.slice(0, last).forEach((one, index) => say(one, `last ${index + 1} of ${last}`));

  const oldest = newestFirst.at(-1);
  const local = newestFirst.map((one) => localTime(standsFor(one), zone));
  for (const { name, keyOf } of PERIODS) {
    const count = keep[name] ?? 0;
    const seen = new Set<string>();
    for (const [index, one] of newestFirst.entries()) {
      if (seen.size >= count) break;
      const key = keyOf(local[index]!);
      if (!seen.has(key)) say(one, `${name} ${seen.add(key).size} of ${count}`);
      else if (one === oldest) say(one, `the oldest, while ${name} has ${seen.size} of ${count}`);
    }
  }

  const newest = newestFirst[0]?.startedAt ?? 0;
  const within = keep.within ?? 0;
  if (within > 0) {
    const young = newestFirst.filter(({ startedAt }) => startedAt >= newest - within);
    for (const one of young) say(one, `within ${spelt(within)}`);
  }
  return named;
}
