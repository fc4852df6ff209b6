// The router killed in the middle of a storm: none lost, none doubled after dedupe, each reference in its order.
import { expect, test } from 'vitest';
import { seededRandom } from '../../../../core/random.ts';
import { stormOf } from './storm.ts';

test('W: 1,000 messages while the daemon is killed with SIGKILL', { timeout: 180_000 }, async () => {
  const seed = Number(process.env['REALM_SEED'] ?? process.pid);
  const seen = await stormOf(1_000, 4, seededRandom(seed), 60_000);
  console.log(`storm: ${JSON.stringify(seen)}, REALM_SEED=${seed}`);
  expect(seen).toMatchObject({ written: 1_000, kills: 4 });
});
