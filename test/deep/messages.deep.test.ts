// Messages for longer: 10,000 in a storm with many deaths of the daemon, and any life of them from the seed of this run.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Explored, play, steps } from '../plugins/agents/messages/life-model.ts';
import { stormOf } from '../plugins/agents/messages/storm.ts';
import { assertAll, rounds } from './seed.ts';

test('10,000 messages while the daemon is killed with SIGKILL', async () => {
  const body = async ({ random }: { random: { next(): number } }): Promise<void> => {
    const seen = await stormOf(10_000, 25, random, 600_000);
    console.log(`storm: ${JSON.stringify(seen)}`);
    expect(seen).toMatchObject({ written: 10_000, kills: 25 });
  };
  await rounds('message storm', body, { part: 0.6 });
});

test('any life of the messages', async () => {
  const explored: Explored = { written: 0, crashes: 0, restarts: 0, repeated: 0 };
  await assertAll(
    fc.asyncProperty(steps, (all) => play(all, explored)),
    0.4,
  );
  console.log(`messages: ${JSON.stringify(explored)}`);
  expect(explored.crashes).toBeGreaterThan(0);
});
