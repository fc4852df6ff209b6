// kill -9 of the daemon under load, 200 times and more: as test/e2e/kill.test.ts, from the seed of this run.
import { expect, test } from 'vitest';
import { killRounds } from '../e2e/kill-rounds.ts';
import { rounds } from './seed.ts';

const KILLS_IN_A_REALM = 50;

test('a daemon under load, killed again and again', async () => {
  let kills = 0;
  const body = async ({ random }: { random: { next(): number } }): Promise<void> => {
    const seen = await killRounds(KILLS_IN_A_REALM, Math.floor(random.next() * 2 ** 31));
    kills += seen.kills;
  };
  await rounds('kill', body, { atLeast: 4 });
  console.log(`kill: ${kills} kills`);
  expect(kills).toBeGreaterThanOrEqual(200);
});
