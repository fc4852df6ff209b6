// kill -9 of the daemon under fifty real services in churn: none is lost or doubled, pids stay, logs have no gap.
import { expect, test } from 'vitest';
import { serviceRounds } from './service-rounds.ts';

test('20 kills of a daemon with 50 services', { timeout: 480_000 }, async () => {
  const seed = Number(process.env['REALM_SEED'] ?? process.pid);
  const seen = await serviceRounds(20, seed);
  console.log(`services killed: ${JSON.stringify(seen)}, REALM_SEED=${seed}`);
  expect(seen.kills).toBe(20);
  expect(seen.lives).toBeGreaterThan(50);
  expect(seen.lines).toBeGreaterThan(1_000);
  expect(seen.rotations).toBeGreaterThan(0);
});
