// So many at once, in their order, also when some fail.
import { expect, test } from 'vitest';
import { Turns } from '../../../plugins/services/probes/turns.ts';

/** Not how long it takes, but how long a busy machine may take. */
const PATIENT = { timeout: 60_000 };

test('never more than allowed, first come, first served, and a failure gives its turn back', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = Array.from({ length: 6 }, (_, at) =>
    turns
      .in(async () => {
        begun.push(at);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (at % 2 === 0) throw new Error(`${at} failed`);
        return at;
      })
      .catch((error: Error) => error.message),
  );
  for (let ended = 0; ended < 6; ended++) {
    await expect.poll(() => begun.length, PATIENT).toBe(Math.min(6, ended + 2));
    ends[ended]!();
  }
  expect(await Promise.all(all)).toEqual(['0 failed', 1, '2 failed', 3, '4 failed', 5]);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
});
