// Random lives of services as real processes, for as long as the share of minutes allows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RealStep, realSteps, RealWorld } from '../plugins/services/real-world.ts';
import { assertAll } from './seed.ts';

test('services as real processes: never two, never an unmanaged one, always converging', async () => {
  let lives = 0;
  const live = async (steps: readonly RealStep[]): Promise<void> => {
    const world = new RealWorld();
    try {
      await world.begin();
      for (const step of steps) await world.take(step);
      await world.converges();
      lives += 1;
    } finally {
      await world.end();
    }
  };
  await assertAll(fc.asyncProperty(realSteps(40), live), 1, { endOnFailure: true });
  console.log(`services: ${lives} random lives of real processes`);
  expect(lives).toBeGreaterThan(0);
});
