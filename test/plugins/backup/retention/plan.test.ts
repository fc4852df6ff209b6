// What retention promises, over long made-up histories: exact counts, nothing good lost, and interlocks that hold.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plan, type RetentionPlan } from '../../../../plugins/backup/retention/plan.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import type { Keep } from '../../../../plugins/backup/spec.ts';
import { DAY, histories, keeps, NOW, snapshot } from './history.ts';

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Apia', 'Asia/Kathmandu'];
const zones = fc.constantFrom(...ZONES);
const all = (zone = 'UTC') => ({ now: NOW, zone, allowDeletions: true });
const only = (keep: Partial<Keep>): Keep => ({ floor: 0, ...keep });
const kept = ({ verdicts }: RetentionPlan): Snapshot[] => verdicts.filter((one) => one.keep).map((one) => one.snapshot);
const gone = ({ verdicts }: RetentionPlan): Snapshot[] =>
  verdicts.filter((one) => !one.keep).map((one) => one.snapshot);
const isGood = ({ status, damaged, startedAt, trigger }: Snapshot): boolean =>
  status === 'complete' && damaged.length === 0 && startedAt <= NOW && trigger !== 'safety';
/** So many, one a day, the newest an hour ago. */
const days = (count: number, given: (index: number) => Partial<Snapshot> = () => ({})): Snapshot[] =>
  Array.from({ length: count }, (_, index) => snapshot({ startedAt: NOW - 3_600_000 - index * DAY, ...given(index) }));
const RUNS = { numRuns: 250 };

test('what was kept is kept again: a plan after a plan removes nothing more', () => {
  let removed = 0;
  fc.assert(
    fc.property(histories, keeps, zones, (history, keep, zone) => {
      const first = plan(history, keep, all(zone));
      removed += gone(first).length;
      expect(gone(plan(kept(first), keep, { ...all(zone), expectedAtLeast: 0 }))).toEqual([]);
    }),
    RUNS,
  );
  expect(removed).toBeGreaterThan(1_000);
});

test('asking to keep more never removes more', () => {
  const rules = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly', 'within', 'floor'] as const;
  fc.assert(
    fc.property(histories, keeps, zones, fc.constantFrom(...rules), fc.nat(9), (history, keep, zone, rule, more) => {
      const less = new Set(kept(plan(history, keep, all(zone))));
      const greater = { ...keep, [rule]: (keep[rule] ?? 0) + (rule === 'within' ? more * DAY : more) };
      const after = new Set(kept(plan(history, greater, all(zone))));
      expect([...less].filter((one) => !after.has(one))).toEqual([]);
    }),
    RUNS,
  );
});

test('the newest verified one stays, and of good ones there is always one', () => {
  fc.assert(
    fc.property(histories, keeps, (history, keep) => {
      const stays = new Set(kept(plan(history, keep, all())));
      const good = history.filter(isGood).toSorted((one, other) => other.startedAt - one.startedAt);
      const verified = good.filter(({ verifiedAt }) => verifiedAt !== null);
      for (const one of verified.slice(0, Math.max(1, keep.floor))) expect(stays).toContain(one);
      if (good.length > 0) expect(good.some((one) => stays.has(one))).toBe(true);
    }),
    RUNS,
  );
});

test('`last: n` leaves exactly n good ones, whatever else lies between them', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 1, max: 40 }), (history, last) => {
      const plain = history.map((one) => ({ ...one, pin: undefined, verifiedAt: one.startedAt }));
      const stays = kept(plan(plain, only({ last }), all())).filter(isGood);
      expect(stays).toEqual(plain.filter(isGood).slice(0, last));
    }),
    RUNS,
  );
});

test('partial, damaged, safety and future ones never push out a good one', () => {
  fc.assert(
    fc.property(histories, keeps, (history, keep) => {
      const alone = history.filter(isGood);
      const without = alone.length === 0 ? [] : kept(plan(alone, keep, all()));
      expect(kept(plan(history, keep, all())).filter(isGood)).toEqual(without);
    }),
    RUNS,
  );
});

test('every verdict has its reasons, the order of the listing is of no matter, and nothing is made up', () => {
  fc.assert(
    fc.property(histories, keeps, (history, keep) => {
      const one = plan(history, keep, all());
      expect(one.verdicts.every(({ reasons }) => reasons.length > 0)).toBe(true);
      expect(new Set(one.verdicts.map(({ snapshot: its }) => its))).toEqual(new Set(history));
      expect(plan(history.toReversed(), keep, all())).toEqual(one);
    }),
    { numRuns: 100 },
  );
});

test('thirty days off and one run later the history is still there', () => {
  const history = [
    snapshot({ startedAt: NOW - 60_000 }),
    ...days(30).map((one) => snapshot({ startedAt: one.startedAt - 31 * DAY })),
  ];
  expect(gone(plan(history, only({ last: 31 }), all()))).toEqual([]);
  expect(gone(plan(history, only({ daily: 31 }), all()))).toEqual([]);
  expect(gone(plan(days(10), only({ within: 365 * DAY }), { ...all(), now: NOW + 5_000 * DAY }))).toEqual([]);
});

test('reasons are the rules by their names', () => {
  const history = days(20, (index) => (index === 19 ? { tags: ['release'], pin: { until: null, why: 'paper' } } : {}));
  const { verdicts } = plan(history, only({ last: 2, weekly: 2, yearly: 3, tags: ['release'] }), all());
  expect(verdicts[0]?.reasons).toEqual(['last 1 of 2', 'weekly 1 of 2', 'yearly 1 of 3', 'the newest verified one']);
  expect(verdicts[1]?.reasons).toEqual(['last 2 of 2']);
  expect(verdicts[2]?.reasons).toEqual(['not in last 2, weekly 2, yearly 3, tag release']);
  expect(verdicts[6]?.reasons).toEqual(['weekly 2 of 2']);
  expect(verdicts[19]?.reasons).toEqual(['the oldest, while yearly has 1 of 3', 'tag release', 'pinned: paper']);
});

test('a day that is caught up late counts as its own day', () => {
  const friday = Date.parse('2026-11-20T07:00:00Z');
  const late = snapshot({ startedAt: friday + 18 * 3_600_000, slot: friday, label: 'late' });
  const saturday = snapshot({ startedAt: friday + DAY, slot: friday + DAY, label: 'saturday' });
  expect(gone(plan([late, saturday], only({ daily: 2 }), all()))).toEqual([]);
  const unplanned = [{ ...late, slot: null }, saturday];
  expect(
    gone(plan([...unplanned, ...days(1).map((one) => ({ ...one, slot: friday - DAY }))], only({ daily: 2 }), all())),
  ).toHaveLength(1);
});

test('both hours of an autumn night are hours of their own', () => {
  const twice = ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'].map((at) => snapshot({ startedAt: Date.parse(at) }));
  expect(gone(plan(twice, only({ hourly: 2 }), all('Europe/Berlin')))).toEqual([]);
  expect(gone(plan(twice, only({ hourly: 1 }), all('Europe/Berlin')))).toHaveLength(1);
});

test('of partial ones three stay; of those made before a restore five, or a week of them', () => {
  const partial = [
    ...days(1),
    ...days(6, () => ({ status: 'partial' })).map((one) => ({ ...one, startedAt: one.startedAt - 60_000 })),
  ];
  expect(gone(plan(partial, only({ last: 1 }), all()))).toHaveLength(3);
  const safety = days(20, (index) => (index === 0 ? {} : { trigger: 'safety' }));
  expect(gone(plan(safety, only({ last: 1 }), all()))).toHaveLength(20 - 1 - 6);
  const old = safety.map((one, index) => (index === 0 ? one : { ...one, startedAt: one.startedAt - 30 * DAY }));
  expect(gone(plan(old, only({ last: 1 }), all()))).toHaveLength(20 - 1 - 5);
});

test.each<[string, Partial<Snapshot>]>([
  ['partial', { status: 'partial' }],
  ['damaged', { damaged: ['data/weights.json'] }],
  ['far less', { isSuspicious: true }],
])('nothing goes while the newest is %s', (word, given) => {
  const history = days(12, (index) => (index === 0 ? given : {}));
  const frozen = plan(history, only({ last: 3 }), { now: NOW, zone: 'UTC' });
  expect(frozen.frozen).toContain(word);
  expect(frozen.remove).toEqual([]);
  expect(gone(frozen).length).toBeGreaterThan(7);
  const healed = [snapshot({ startedAt: NOW - 1 }), ...history];
  expect(plan(healed, only({ last: 3 }), { now: NOW, zone: 'UTC' }).remove.length).toBeGreaterThan(7);
  const restored = [snapshot({ startedAt: NOW - 1, trigger: 'safety' }), ...history];
  expect(plan(restored, only({ last: 3 }), { now: NOW, zone: 'UTC' }).frozen).toContain(word);
});

test('partial ones without end do not fill the disk: of them three stay, also while all else is frozen', () => {
  const good = days(40, (index) => ({ startedAt: NOW - (index + 30) * DAY }));
  const partial = days(9, () => ({ status: 'partial' }));
  const { frozen, remove, refused } = plan([...partial, ...good], only({ last: 3 }), { now: NOW, zone: 'UTC' });
  expect(frozen).toContain('is partial');
  expect(refused).toBeUndefined();
  expect(remove).toEqual(partial.slice(3).toReversed());
});

test('nothing goes after a run that made no snapshot', () => {
  const { frozen, remove } = plan(days(12), only({ last: 3 }), { now: NOW, zone: 'UTC', newestRunFailed: 'disk full' });
  expect([frozen, remove]).toEqual(['the newest run failed: disk full', []]);
});

test('more than ten, or a quarter, need a yes', () => {
  const ask = (count: number, keep: Partial<Keep>, yes = false): RetentionPlan =>
    plan(days(count), only(keep), { now: NOW, zone: 'UTC', allowDeletions: yes });
  expect(ask(13, { last: 3 })).toMatchObject({ refused: undefined, remove: { length: 10 } });
  expect(ask(14, { last: 3 })).toMatchObject({ refused: '11 of 14 would go, and at most 10 may at once', remove: [] });
  expect(ask(14, { last: 3 }, true).remove).toHaveLength(11);
  expect(ask(80, { last: 60 }).remove).toHaveLength(20);
  expect(ask(80, { last: 59 }).remove).toEqual([]);
  expect(ask(10, { last: 5, budget: 4 }).remove).toEqual([]);
  expect(ask(10, { last: 6, budget: 4 }).remove).toHaveLength(4);
});

test('what goes is told oldest first', () => {
  const { remove } = plan(days(5), only({ last: 3 }), { now: NOW, zone: 'UTC' });
  expect(remove.map(({ startedAt }) => startedAt)).toEqual([NOW - 3_600_000 - 4 * DAY, NOW - 3_600_000 - 3 * DAY]);
});

test('no rule is no licence to remove', () => {
  for (const keep of [{}, { last: 0 }, { within: 0 }, { tags: [] }, { floor: 3 }]) {
    expect(plan(days(4), only(keep), all())).toMatchObject({ refused: 'no rule says what to keep', remove: [] });
  }
});

test('an empty listing, or a short one, is an error', () => {
  const short = { code: 'BACKUP_LISTING_SHORT', message: 'no snapshot was listed, and at least 1 should be there' };
  expect(() => plan([], only({ last: 3 }), all())).toThrow(expect.objectContaining(short));
  expect(() => plan(days(4), only({ last: 3 }), { ...all(), expectedAtLeast: 5 })).toThrow('4 snapshots were listed');
  expect(plan([], only({ last: 3 }), { ...all(), expectedAtLeast: 0 }).remove).toEqual([]);
});

test('one from the future stays, is told of, and neither counts nor freezes', () => {
  const future = snapshot({ startedAt: NOW + DAY, status: 'partial', label: '2026-11-22' });
  const { verdicts, remove, warnings, frozen } = plan([future, ...days(4)], only({ last: 3 }), {
    now: NOW,
    zone: 'UTC',
  });
  expect(verdicts[0]).toMatchObject({ keep: true, reasons: ['dated in the future'] });
  expect([remove.length, frozen]).toEqual([1, undefined]);
  expect(warnings).toEqual(['daily/2026-11-22 is dated in the future: it is kept, and does not count']);
});

test('a pin ends when its time is over', () => {
  const pinned = (until: number | null): Snapshot[] =>
    days(4, (index) => (index === 3 ? { pin: { until, why: '' } } : {}));
  expect(plan(pinned(null), only({ last: 3 }), all()).remove).toEqual([]);
  expect(plan(pinned(NOW + 1), only({ last: 3 }), all()).remove).toEqual([]);
  expect(plan(pinned(NOW), only({ last: 3 }), all()).remove).toHaveLength(1);
});
