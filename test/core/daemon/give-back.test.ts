// Memory is given back once for each time of rest, never in the middle of edits.
import { expect, test } from 'vitest';
import { givesBack } from '../../../core/daemon/give-back.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';

test('garbage is collected once, some time after the last load', async () => {
  const clock = virtualClock('2026-01-01T00:00:00Z');
  const collected: number[] = [];
  const start = clock.now();
  const loaded = givesBack(clock, () => collected.push(clock.now() - start));
  for (let edit = 0; edit < 5; edit += 1) {
    loaded();
    await clock.advance(4_000);
  }
  expect(collected).toEqual([]);
  await clock.advance(600_000);
  expect(collected).toEqual([26_000]);
  loaded();
  await clock.advance(600_000);
  expect(collected).toHaveLength(2);
});

test('compiled code is kept for the next start soon, and once more before memory is given back', async () => {
  const clock = virtualClock('2026-01-01T00:00:00Z');
  const done: string[] = [];
  const collect = (): unknown => done.push('collected');
  givesBack(clock, collect, () => done.push('kept'))();
  await clock.advance(2_000);
  expect(done).toEqual(['kept']);
  await clock.advance(600_000);
  expect(done).toEqual(['kept', 'kept', 'collected']);
});
