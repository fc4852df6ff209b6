// kill -9 of the daemon while it starts runs: each acknowledged run ran exactly once, and none is left running.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { killing } from './killing.ts';

const KILLS = 8;
const SEED = Number(process.env['REALM_SEED'] ?? 4711);

test(`kill -9 of the daemon ${KILLS} times`, { timeout: 120_000 }, async () => {
  const { acknowledged, stored, again } = await killing(KILLS, seededRandom(SEED));
  console.log(`kill: ${acknowledged} acknowledged, ${stored} stored, ${again} begun again; REALM_SEED=${SEED}`);
  expect(acknowledged).toBeGreaterThan(KILLS);
});
