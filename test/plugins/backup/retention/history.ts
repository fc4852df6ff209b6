// Long made-up histories of one policy, for retention: gaps, bursts, partial, damaged, pinned and future ones.
import fc from 'fast-check';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import type { Keep } from '../../../../plugins/backup/spec.ts';

export const NOW = Date.UTC(2026, 10, 21, 12, 0, 7);
const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** A complete, verified one, but for what is given. */
export function snapshot(given: Partial<Snapshot> & { readonly startedAt: number }): Snapshot {
  const label = given.label ?? new Date(given.startedAt).toISOString();
  return {
    id: `daily/${label}`,
    policy: 'daily',
    label,
    uid: label,
    slot: null,
    endedAt: given.startedAt + 1_000,
    trigger: 'schedule',
    status: 'complete',
    isSuspicious: false,
    files: 10,
    bytes: 1_000,
    anchor: label,
    path: `/backups/daily/${label}`,
    host: 'here',
    tags: [],
    verifiedAt: given.startedAt + 2_000,
    verifications: [],
    pin: undefined,
    damaged: [],
    change: undefined,
    ...given,
  };
}

const gaps = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 3_600 }).map((seconds) => seconds * 1_000) },
  { weight: 6, arbitrary: fc.constantFrom(HOUR, DAY, 7 * DAY) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40 * 24 * 60 }).map((minutes) => minutes * 60_000) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 500 }).map((days) => days * DAY) },
);

/** Instants, newest first, none twice, all in the past. */
export const instants = (maxLength: number): fc.Arbitrary<number[]> =>
  fc.array(gaps, { minLength: 1, maxLength, size: 'max' }).map((list) => {
    let at = NOW;
    return list.map((gap) => (at -= gap));
  });

const rarely = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

const oddities = fc.record({
  trigger: rarely<Snapshot['trigger']>('schedule', fc.constantFrom('safety', 'manual', 'catch-up')),
  status: rarely<Snapshot['status']>('complete', fc.constant('partial')),
  isSuspicious: rarely(false, fc.constant(true)),
  tags: rarely<readonly string[]>([], fc.subarray(['release', 'before-move'], { minLength: 1 })),
  damaged: rarely<readonly string[]>([], fc.constant(['data/a'])),
  pin: rarely<Snapshot['pin']>(
    undefined,
    fc.constantFrom({ until: null, why: 'for ever' }, { until: NOW - 1, why: 'over' }, { until: NOW + 1, why: '' }),
  ),
  isVerified: fc.boolean(),
  slotLag: rarely(0, fc.integer({ min: 0, max: 3 * DAY })),
  ahead: rarely(0, fc.constant(10_000 * DAY)),
});

export const histories = fc
  .tuple(instants(120), fc.array(oddities, { minLength: 120, maxLength: 120 }))
  .map(([times, odd]) =>
    times.map((startedAt, index) => {
      const { isVerified, slotLag, ahead, ...rest } = odd[index]!;
      const at = startedAt + ahead;
      return snapshot({ startedAt: at, slot: at - slotLag, verifiedAt: isVerified ? at + 1 : null, ...rest });
    }),
  );

const counts = fc.option(fc.integer({ min: 0, max: 14 }), { nil: undefined, freq: 2 });
/** As decoded: a key that is not written is not there. */
const withoutUndefined = (keep: object): Keep => {
  const written = Object.entries(keep).filter(([, value]) => value !== undefined);
  return { floor: 0, ...Object.fromEntries(written) };
};
export const keeps: fc.Arbitrary<Keep> = fc
  .record({
    last: counts,
    hourly: counts,
    daily: counts,
    weekly: counts,
    monthly: counts,
    yearly: counts,
    within: fc.option(
      fc.integer({ min: 0, max: 2_000 * 24 }).map((hours) => hours * HOUR),
      { nil: undefined },
    ),
    tags: fc.option(fc.subarray(['release', 'before-move']), { nil: undefined }),
    floor: fc.integer({ min: 0, max: 5 }),
  })
  .map(withoutUndefined);
