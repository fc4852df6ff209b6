// A disk that fails at one call of a backup or a restore; every call in the deep tests.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { contentsOf, eachFault, eachFaultOfRestore, mustBeWhole, sources } from './fault-rounds.ts';
import { withFault } from './faults.ts';
import { toolsFor, world } from './tree/world.ts';

vi.setConfig({ testTimeout: 180_000 });
beforeEach(() => void vi.stubEnv('PATH', '/nowhere')); // without `sync` each file is synced by itself, and may fail at it
afterEach(() => void vi.unstubAllEnvs());

test.each([
  ['EIO', undefined],
  [
    'ENOSPC',
    ['writeSync', 'writeFileSync', 'openSync', 'mkdirSync', 'linkSync', 'symlinkSync', 'renameSync', 'fsyncSync'],
  ],
] as const)('%s at each call of a backup about its target', async (code, calls) => {
  using w = world();
  sources(w);
  await w.write();
  const outcomes = await eachFault(w, { below: w.target, code, ...(calls !== undefined && { calls }) }, 7);
  console.log(`${code} in the target: ${JSON.stringify([...outcomes])}`);
  expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(code === 'EIO' ? 25 : 10);
  expect(outcomes.has(code === 'EIO' ? 'BACKUP_FAILED' : 'BACKUP_TARGET_FULL')).toBe(true);
});

test.each(['EIO', 'EACCES'] as const)(
  '%s at each call of a backup about its sources: partial, and named',
  async (code) => {
    using w = world();
    sources(w);
    await w.write();
    const outcomes = await eachFault(w, { below: w.src, code }, 1);
    console.log(`${code} in the sources: ${JSON.stringify([...outcomes])}`);
    expect(outcomes.get('partial')).toBeGreaterThan(10);
    expect([...outcomes.keys()].filter((one) => one.startsWith('BACKUP_'))).toEqual([]);
  },
);

test('reads and writes that fall short: the same in the end', async () => {
  using w = world();
  sources(w);
  const { result } = await withFault({ below: w.folder, at: 0, code: 'EIO', isShort: true }, () => w.write());
  mustBeWhole(result.snapshot.path);
  expect(contentsOf(join(result.snapshot.path, 'data/src'))).toEqual(contentsOf(w.src));
  const engine = treeEngine({ path: w.target, root: w.folder, reserveBytes: 0, racyMs: 0 });
  const short = { below: w.folder, at: 0, code: 'EIO', isShort: true } as const;
  const { result: verified } = await withFault(short, () => engine.verify(result.snapshot, 'content', toolsFor()));
  expect(verified).toMatchObject({ isGood: true, coverage: 1 });
});

test('EIO while it is verified: unreadable is damage that is named, and no run ends of it', async () => {
  using w = world();
  sources(w);
  const { snapshot } = await w.write();
  const engine = treeEngine({ path: w.target, root: w.folder, reserveBytes: 0, racyMs: 0 });
  const below = join(snapshot.path, 'data/src/other/large');
  const { result } = await withFault({ below, at: 2, code: 'EIO' }, () =>
    engine.verify(snapshot, 'content', toolsFor()),
  );
  expect(result).toMatchObject({ isGood: false, damaged: ['data/src/other/large'] });
});

test('EIO at calls of a restore: the old or the new, and the next one goes well', async () => {
  const ends = await eachFaultOfRestore(9);
  console.log(`EIO in a restore: ${JSON.stringify([...ends])}`);
  expect(ends.get('BACKUP_RESTORE_FAILED')).toBeGreaterThan(8);
});
