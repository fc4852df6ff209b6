// The case of a long random test whose time is up: waited for, and judged like all others.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sleep, systemClock } from '../../core/clock.ts';
import { assertAll } from '../deep/seed.ts';

/** The least share is a second: the second case is under way when that is over. */
const LONG_MS = 700;

test('it is waited for', async () => {
  let [begun, ended] = [0, 0];
  const body = async (): Promise<void> => {
    begun += 1;
    await sleep(systemClock, LONG_MS);
    ended += 1;
  };
  await assertAll(fc.asyncProperty(fc.nat(), body), 0);
  expect(begun).toBeGreaterThan(1);
  expect(ended).toBe(begun);
});

test('it has to hold', async () => {
  let begun = 0;
  const body = async (): Promise<void> => {
    begun += 1;
    const isFirst = begun === 1;
    await sleep(systemClock, LONG_MS);
    if (!isFirst) throw new Error('late, and wrong');
  };
  const asserted = assertAll(fc.asyncProperty(fc.nat(), body), 0);
  await expect(asserted).rejects.toMatchObject({
    message: expect.stringMatching(/^the last case failed.*REALM_SEED=\d+$/),
    cause: { message: expect.stringContaining('late, and wrong') },
  });
});
