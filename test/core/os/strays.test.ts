// What ended processes left behind is found in one walk for all who ask, in parts, so that nothing else waits for it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nextTurn, systemClock } from '../../../core/clock.ts';
import { machineWith } from '../../../core/os/machine.ts';
import { Strays } from '../../../core/os/strays.ts';
import { place, system, until } from './place.ts';

/** A machine on which walks are counted, and so many processes without a token are met first. */
function crowded(crowd: number): { strays: Strays; walks: () => number; most: () => number } {
  let walks = 0;
  let inOneTurn = 0;
  let most = 0;
  const machine = {
    ...machineWith(system),
    system: {
      ...system,
      *walk() {
        walks += 1;
        for (let pid = 2 ** 22 + 1; pid <= 2 ** 22 + crowd; pid++) {
          most = Math.max(most, ++inOneTurn);
          yield { pid, tokens: [] };
        }
        yield* system.walk();
      },
    },
    turn: async () => {
      inOneTurn = 0;
      await nextTurn();
    },
  };
  return { strays: new Strays(machine, systemClock), walks: () => walks, most: () => most };
}

test('whoever asks before a walk begins shares it; what it finds is killed, the shim is spared', async () => {
  const { processes, wish } = place();
  const left = await processes.start(wish('left', 'setsid sleep 30 & sleep 0.05; exit 3'));
  const runs = await processes.start(wish('runs', 'exec sleep 30'));
  await until('its end', () => left.exit !== undefined);
  expect(processes.members(left)).toHaveLength(1);
  const { strays, walks } = crowded(0);
  const clean = Array.from({ length: 40 }, (_, index) => ({ roots: [], token: `nobody${index}` }));
  expect(await Promise.all(clean.map((tree) => strays.end(tree)))).toEqual(clean.map(() => 0));
  expect(walks()).toBe(1);
  expect(await strays.end({ roots: [], token: left.token })).toBe(1);
  await until('nothing is left', () => processes.members(left).length === 0);
  expect(runs.exit).toBe(undefined);
});

test('a walk that is under way is joined by nobody: what it has passed may be somebody else by now', async () => {
  const { strays, walks } = crowded(500);
  const first = strays.end({ roots: [], token: 'first' });
  await nextTurn();
  await nextTurn();
  expect(walks()).toBe(1);
  await Promise.all([first, strays.end({ roots: [], token: 'second' }), strays.end({ roots: [], token: 'third' })]);
  expect(walks()).toBe(2);
});

test('a walk rests', async () => {
  const { strays, most } = crowded(1_000);
  expect(await strays.end({ roots: [], token: 'nobody' })).toBe(0);
  expect(most()).toBeLessThanOrEqual(50);
});

test('a walk that breaks is told to those who asked, and the next one is another', async () => {
  let isBroken = true;
  const walk = (): ReturnType<typeof system.walk> => {
    if (isBroken) throw new Error('no more files can be opened');
    return system.walk();
  };
  const strays = new Strays({ ...machineWith(system), system: { ...system, walk } }, systemClock);
  await expect(strays.end({ roots: [], token: 'nobody' })).rejects.toThrow('no more files');
  isBroken = false;
  expect(await strays.end({ roots: [], token: 'nobody' })).toBe(0);
});

test('what becomes another program again and again is found each time, by a look and by a sweep', async () => {
  const { processes, wish, folder } = place();
  const script = join(folder, 'again.sh');
  writeFileSync(script, `exec sh ${script}\n`);
  for (let round = 0; round < 30; round++) {
    const parent = await processes.start(wish(`n${round}`, `setsid sh ${script} & sleep 0.02; exit 3`));
    await until('its end', () => parent.exit !== undefined);
    for (let look = 0; look < 10; look++) expect(processes.members(parent)).toHaveLength(1);
    expect(await processes.sweep(parent)).toBe(1);
  }
});
