// Bounds and spread of the pauses.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { backoffMs, LONGEST_BACKOFF_MS, resyncIn } from '../../../core/reconcile/backoff.ts';

const fixed = (value: number) => ({ next: () => value, id: () => '' });
const ALMOST_ONE = 1 - 2 ** -32;

test('the limit begins at 250 ms, doubles, and stops at 5 minutes', () => {
  const limits = [1, 2, 3, 4, 11, 12, 13, 1_000_000].map((attempt) => backoffMs(attempt, fixed(ALMOST_ONE)));
  expect(limits).toEqual([250, 500, 1_000, 2_000, 256_000, 300_000, 300_000, 300_000]);
  expect(backoffMs(50, fixed(0))).toBe(1);
});

test('property: always within 1 ms and the limit, whatever the attempt', () => {
  const attempts = fc.oneof(fc.integer(), fc.constantFrom(0, -1, Number.NaN, Infinity, 0.5));
  fc.assert(
    fc.property(attempts, fc.integer(), (attempt, seed) => {
      const ms = backoffMs(attempt, seededRandom(seed));
      expect(ms).toBeGreaterThanOrEqual(1);
      expect(ms).toBeLessThanOrEqual(attempt > 1 ? LONGEST_BACKOFF_MS : 250);
    }),
    { numRuns: 1_000 },
  );
});

test('failures that began together do not come back together', () => {
  const random = seededRandom(7);
  const pauses = Array.from({ length: 1_000 }, () => backoffMs(20, random));
  const tenths = new Set(pauses.map((ms) => Math.floor((ms / (LONGEST_BACKOFF_MS + 1)) * 10)));
  expect(tenths.size).toBe(10);
});

test('a resync comes within 20 % of its period, and never when the period is 0', () => {
  expect([resyncIn(60_000, fixed(0), 0), resyncIn(60_000, fixed(ALMOST_ONE), 0)]).toEqual([48_000, 72_000]);
  expect([resyncIn(0, fixed(0.5), 0), resyncIn(Number.NaN, fixed(0.5), 0)]).toEqual([undefined, undefined]);
  expect(resyncIn(1, fixed(0), 0)).toBe(1);
});

test('regular looks at many things fall on the same instants', () => {
  const instants = [1, 1_999, 15_345].map((now) => now + resyncIn(60_000, fixed(0.5), now)!);
  expect(instants).toEqual([60_000, 60_000, 78_000]);
  expect(resyncIn(5_000, fixed(0.5), 1)).toBe(5_000);
});
