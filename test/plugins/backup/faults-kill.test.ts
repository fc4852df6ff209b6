// kill -9 at any moment of backups, one after another in the same target; longer, and of restores, in the deep tests.
import { setTimeout as pause } from 'node:timers/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { mustBeWhole } from './fault-rounds.ts';
import { startChild } from './tree/child.ts';
import { mustBeAlike, type World, world } from './tree/world.ts';

vi.setConfig({ testTimeout: 120_000 });
const KILLS = 8;
const SEED = 20_261_121;
const visible = (w: World): readonly string[] =>
  readdirSync(join(w.target, 'daily')).filter((name) => /^\d/.test(name));

test('a backup that is killed whenever it happens to be', async () => {
  using w = world();
  for (let n = 0; n < 400; n += 1) w.file(`d${n % 7}/f${n}`, `${n}`.repeat(n % 90));
  await w.write();
  const random = seededRandom(SEED);
  // As long as a whole one takes here: so that the moments are spread over all that it does.
  const began = performance.now();
  await startChild(w).ended;
  const wholeMs = performance.now() - began;
  let [killed, left] = [0, 0];
  // Those that came too late are made up for: the machine may be busy while the whole one is measured, and idle after.
  for (let round = 0; round < KILLS || (killed <= KILLS / 2 && round < 8 * KILLS); round += 1) {
    for (let n = 0; n < 60; n += 1) w.file(`d${n % 7}/f${Math.floor(random.next() * 400)}`, `${random.next()}`);
    const { child, ended } = startChild(w);
    await Promise.race([pause((((round % KILLS) + random.next()) / KILLS) * wholeMs), ended]);
    child.kill('SIGKILL');
    if ((await ended).signal === 'SIGKILL') killed += 1;
    left += Number(readdirSync(join(w.target, 'daily')).some((name) => name.startsWith('.partial')));
    for (const label of visible(w)) mustBeWhole(join(w.target, 'daily', label));
  }
  console.log(`kill -9: ${killed} of ${KILLS} in time, ${left} left something to go on with`);
  expect(killed).toBeGreaterThan(KILLS / 2);
  const { snapshot, troubles } = await w.write();
  expect([snapshot.status, troubles]).toEqual(['complete', []]);
  mustBeAlike(w.src, join(snapshot.path, 'data/src'));
  expect(readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'))).toEqual([]);
});
