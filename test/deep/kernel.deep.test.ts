// Long lives of a realm of files: see test/core/kernel/any-life.ts.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Counts, live, steps } from '../core/kernel/any-life.ts';
import { assertAll, seed } from './seed.ts';

test(`whatever happens to a realm of files, it converges and loses nothing (seed ${seed})`, async () => {
  const counts: Counts = {};
  await assertAll(fc.asyncProperty(steps(120), (all) => live(all, counts)));
  console.log(`lives of a realm, REALM_SEED=${seed}: ${JSON.stringify(counts)}`);
  expect(counts['passes']).toBeGreaterThan(100);
});
