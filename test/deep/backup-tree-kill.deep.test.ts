// kill -9 of backups at any moment, one after another in the same target: what is visible is whole, and it ends well.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startChild } from '../plugins/backup/tree/child.ts';
import { checkSums, mustBeAlike, world } from '../plugins/backup/tree/world.ts';
import { rounds } from './seed.ts';

const FILES = 600;
const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

test('a backup that is killed whenever it happens to be', async () => {
  using w = world();
  for (let index = 0; index < FILES; index += 1) w.file(`d${index % 11}/f${index}`, `${index}`.repeat(index % 90));
  await w.write();
  const seen = new Set<string>();
  const done = await rounds('backup-tree-kill', async ({ random }) => {
    const draw = (below: number): number => Math.floor(random.next() * below);
    for (let change = draw(40); change > 0; change -= 1) {
      const path = `d${draw(11)}/f${draw(2 * FILES)}`;
      if (draw(3) === 0) rmSync(join(w.src, path), { force: true });
      else w.file(path, `${random.next()}`);
    }
    const { child, ended } = startChild(w);
    const killed = pause(draw(3000)).then(() => child.kill('SIGKILL'));
    await ended;
    await killed;
    for (const name of readdirSync(join(w.target, 'daily')).filter((one) => !one.startsWith('.') && one !== 'latest')) {
      if (seen.has(name)) continue;
      checkSums(join(w.target, 'daily', name));
      seen.add(name);
    }
  });
  expect(done).toBeGreaterThan(0);
  const { snapshot, troubles } = await w.write();
  expect(troubles).toEqual([]);
  mustBeAlike(w.src, join(snapshot.path, 'data/src'));
  for (const name of seen) checkSums(join(w.target, 'daily', name));
  expect(readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'))).toEqual([]);
});
