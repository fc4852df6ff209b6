// A disk that fails at every single call of a backup and of a restore.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eachFault, eachFaultOfRestore, sources } from '../plugins/backup/fault-rounds.ts';
import { world } from '../plugins/backup/tree/world.ts';

vi.setConfig({ testTimeout: 600_000 });
beforeEach(() => void vi.stubEnv('PATH', '/nowhere')); // without `sync` each file is synced by itself, and may fail at it
afterEach(() => void vi.unstubAllEnvs());

test.each(['EIO', 'ENOSPC', 'EACCES'] as const)('%s at every call of a backup about its target', async (code) => {
  using w = world();
  sources(w);
  await w.write();
  const outcomes = await eachFault(w, { below: w.target, code }, 1);
  console.log(`${code} in the target: ${JSON.stringify([...outcomes])}`);
  expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(150);
});

test('EIO at every call of a restore', async () => {
  const ends = await eachFaultOfRestore(1);
  console.log(`EIO in a restore: ${JSON.stringify([...ends])}`);
  expect(ends.get('BACKUP_RESTORE_FAILED')).toBeGreaterThan(100);
});
