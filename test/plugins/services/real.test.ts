// Three stories of services as real processes: none twice, none that nobody knows of, in the end all is as declared.
import { expect, onTestFinished, test } from 'vitest';
import { type RealStep, RealWorld } from './real-world.ts';

async function told(steps: readonly RealStep[]): Promise<RealWorld> {
  const world = new RealWorld();
  onTestFinished(() => world.end());
  await world.begin();
  await world.converges();
  for (const step of steps) await world.take(step);
  await world.converges();
  return world;
}

test('killed, asked to restart three times at once, and edited, while the daemon dies twice', async () => {
  const world = await told([
    { do: 'kill', name: 'a' },
    { do: 'kill daemon' },
    { do: 'ask', name: 'b' },
    { do: 'ask', name: 'b' },
    { do: 'ask', name: 'b' },
    { do: 'change', name: 'c', value: 1 },
    { do: 'kill daemon' },
    { do: 'kill', name: 'c' },
  ]);
  expect(world.told().filter((line) => line.startsWith('a ') && line.endsWith(' start'))).toHaveLength(2);
});

test('one that ignores TERM and one whose child does are gone with all they started', async () => {
  const world = await told([
    { do: 'mode', name: 'a', mode: 'is deaf' },
    { do: 'mode', name: 'b', mode: 'has a child' },
    { do: 'kill', name: 'a' },
    { do: 'kill', name: 'b' },
    { do: 'wait', ms: 200 },
    { do: 'stop', name: 'a' },
    { do: 'take out', name: 'b' },
    { do: 'kill daemon' },
  ]);
  expect([world.live('a'), world.live('b'), world.live('c').length]).toEqual([[], [], 1]);
});

test('a crash loop, stopped and started again by words, goes on once it can', async () => {
  const world = await told([
    { do: 'mode', name: 'a', mode: 'crashes' },
    { do: 'kill', name: 'a' },
    { do: 'wait', ms: 200 },
    { do: 'restart daemon' },
    { do: 'stop', name: 'a' },
    { do: 'wait', ms: 60 },
    { do: 'start', name: 'a' },
    { do: 'wait', ms: 60 },
  ]);
  expect(world.live('a')).toHaveLength(1);
});
