// An apply that is killed at its persisted writes, a few of them; all are walked in test/deep.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { killAt, prepare } from './crashes.ts';

const SEED = Number(process.env['REALM_SEED'] ?? Date.now() % 1e9);
const KILLS = 8; // every point is walked in test/deep
let realm: ReturnType<typeof prepare>;
beforeAll(() => {
  realm = prepare();
});
afterAll(() => realm.remove());

test(
  `an apply killed at a persisted write leaves old or new, and the next start finishes (seed ${SEED})`,
  { timeout: 240_000 },
  () => {
    expect(realm.points).toBeGreaterThan(30);
    const random = seededRandom(SEED);
    for (let kill = 0; kill < KILLS; kill++) killAt(realm, 1 + Math.floor(random.next() * realm.points));
  },
);
