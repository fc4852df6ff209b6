// How long a service that keeps ending waits for its next start.
import { expect, test } from 'vitest';
import { waitMs } from '../../../plugins/services/decide.ts';

test('waits grow to the most, never beyond, never below the least, and differ between services', () => {
  const backoff = { fromMs: 100, toMs: 300_000 };
  expect(waitMs(1, backoff, 'a')).toBe(0);
  for (let unstable = 2; unstable < 2_000; unstable += 7) {
    const wait = waitMs(unstable, backoff, `t${unstable}`);
    expect(wait).toBeGreaterThanOrEqual(100);
    expect(wait).toBeLessThanOrEqual(Math.min(300_000, 100 * 2 ** (unstable - 1)));
  }
  const waits = new Set(Array.from({ length: 100 }, (_, at) => waitMs(30, backoff, `token${at}`)));
  expect(waits.size).toBeGreaterThan(90);
});
