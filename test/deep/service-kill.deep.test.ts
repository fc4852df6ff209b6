// kill -9 of the daemon under fifty services in churn, 200 times and more: as test/e2e/service-kill.test.ts, from the seed of this run.
import { expect, test } from 'vitest';
import { serviceRounds } from '../e2e/service-rounds.ts';
import { rounds } from './seed.ts';

const KILLS_IN_A_REALM = 100;

test('50 services under a daemon that is killed again and again', async () => {
  let kills = 0;
  const body = async ({ random }: { random: { next(): number } }): Promise<void> => {
    const seen = await serviceRounds(KILLS_IN_A_REALM, Math.floor(random.next() * 2 ** 31));
    kills += seen.kills;
  };
  await rounds('service-kill', body, { atLeast: 2 });
  console.log(`service-kill: ${kills} kills`);
  expect(kills).toBeGreaterThanOrEqual(200);
});
