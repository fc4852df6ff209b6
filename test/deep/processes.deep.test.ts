// The simulated machine for minutes: deaths, reboots, reused pids, lost starts, in any order.
import { expect, test } from 'vitest';
import { lived, stories } from '../core/simulate/any-processes.ts';
import { assertAll, seed } from './seed.ts';

test('whatever happens, each start comes to exactly one end', { timeout: 600_000 }, async () => {
  await assertAll(stories);
  console.log(`processes: ${lived()}, REALM_SEED=${seed}`);
  expect(lived('adopted')).toBeGreaterThan(100);
});
