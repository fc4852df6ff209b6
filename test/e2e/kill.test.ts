// kill -9 of the daemon at any moment: nothing that was acknowledged is lost, nothing is half done, nothing happens twice.
import { expect, test } from 'vitest';
import { killRounds } from './kill-rounds.ts';

test('20 kills of a daemon under load', { timeout: 480_000 }, async () => {
  const seed = Number(process.env['REALM_SEED'] ?? process.pid);
  const seen = await killRounds(20, seed);
  console.log(`killed: ${JSON.stringify(seen)}, REALM_SEED=${seed}`);
  expect(seen.kills).toBe(20);
  expect(seen.events).toBeGreaterThan(100);
  expect(seen.tokens).toBeGreaterThan(0);
});
