// Random lives of services on a simulated machine, for as long as the share of minutes allows.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Counts, lived } from '../plugins/services/model.ts';
import { steps } from '../plugins/services/model-steps.ts';
import { assertAll } from './seed.ts';

test('services: never two copies, never an unmanaged one, always converging', async () => {
  const counts: Counts = {};
  let lives = 0;
  const property = fc.asyncProperty(steps(120), fc.nat(1_000_000), async (life, seed) => {
    await lived(life, seed, counts);
    lives += 1;
  });
  await assertAll(property, 1, { endOnFailure: true });
  console.log(`services: ${lives} random lives: ${JSON.stringify(counts)}`);
  expect(lives).toBeGreaterThan(0);
});
