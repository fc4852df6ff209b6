// Whatever happens, in whatever order: never two copies, never one that nobody knows of, and in the end all is as declared.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Counts, lived } from './model.ts';
import { steps } from './model-steps.ts';

/** The same lives each time; others in the long tests. A seed that failed there: REALM_SEED=… */
const SEED = Number(process.env['REALM_SEED'] ?? 3);
const LIVES = Number(process.env['REALM_LIVES'] ?? 15);

test(`services under random lives (REALM_SEED=${SEED})`, { timeout: 120_000 }, async () => {
  const counts: Counts = {};
  await fc.assert(
    fc.asyncProperty(steps(50), fc.nat(1_000), (life, seed) => lived(life, seed, counts)),
    { seed: SEED, numRuns: LIVES, endOnFailure: true },
  );
  console.log('services, random lives:', JSON.stringify(counts));
  for (const what of ['begins', 'signals', 'waits checked', 'needs checked', 'kill daemon', 'doom daemon'])
    expect(counts[what], what).toBeGreaterThan(0);
});
