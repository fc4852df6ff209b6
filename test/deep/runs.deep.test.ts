// kill -9 of the daemon while it starts runs, for as long as the share of minutes allows.
import { expect, test } from 'vitest';
import { killing } from '../core/runs/killing.ts';
import { rounds } from './seed.ts';

test('each acknowledged run runs exactly once, however often the daemon dies', async () => {
  let [acknowledged, again] = [0, 0];
  const done = await rounds('runs: kill -9', async ({ random }) => {
    const tally = await killing(10, random);
    acknowledged += tally.acknowledged;
    again += tally.again;
    expect(tally.stored).toBeGreaterThanOrEqual(tally.acknowledged);
  });
  console.log(`runs: ${done * 10} kills, ${acknowledged} acknowledged, ${again} begun again`);
});
