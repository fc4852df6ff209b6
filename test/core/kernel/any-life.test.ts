// Random lives of a realm, long ones of them in test/deep: whatever happens, it converges and loses nothing.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Counts, live, steps } from './any-life.ts';

const SEED = Number(process.env['REALM_SEED'] ?? Date.now() % 1e9);
const LIVES = 50; // more, and longer ones, in test/deep

test(
  `whatever happens to a realm of files, it converges and loses nothing (seed ${SEED})`,
  { timeout: 240_000 },
  async () => {
    const counts: Counts = {};
    await fc.assert(
      fc.asyncProperty(steps(30), (all) => live(all, counts)),
      { seed: SEED, numRuns: LIVES },
    );
    console.log(`lives of a realm, REALM_SEED=${SEED}: ${JSON.stringify(counts)}`);
    expect(counts['passes']).toBeGreaterThan(500);
    expect(counts['crashed']).toBeGreaterThan(2);
    expect(counts['checked for leftovers']).toBeGreaterThan(2);
  },
);
