// A disk that is full: a restore that has no room is refused, and one that runs out of it leaves all as it was.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { setting } from './place-for-tests.ts';
import { type Setting } from './realm-for-tests.ts';

/** Undefined, and said, where nothing can be mounted. */
function smallDisk(at: Setting): string | undefined {
  const disk = join(at.config, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'pipe' });
  } catch (error) {
    console.warn(`NOT TESTED: a full disk, for which a tmpfs has to be mounted: ${(error as Error).message}`);
    return undefined;
  }
  onTestFinished(() => void execFileSync('umount', [disk]));
  return disk;
}

async function onFullDisk(at: Setting): Promise<string | undefined> {
  const disk = smallDisk(at);
  if (disk === undefined) return undefined;
  at.write({ 'disk/z/a': 'a'.repeat(2 << 20), 'disk/z/b': 'b' });
  await at.backup('daily', [at.root('disk')]);
  at.write({ 'disk/z/b': 'hurt' });
  return disk;
}

test('what does not fit is refused before anything is done', async () => {
  const at = setting();
  const disk = await onFullDisk(at);
  if (disk === undefined) return;
  writeFileSync(join(disk, 'ballast'), 'x'.repeat(3 << 20));
  const refused = restore(await at.plan(), { stateDir: at.state }, at.tools);
  await expect(refused).rejects.toMatchObject({ code: 'BACKUP_RESTORE_REFUSED', message: /bytes free/ });
  expect(readdirSync(disk).sort()).toEqual(['ballast', 'z']);
});

test('room that runs out meanwhile leaves all as it was', async () => {
  const at = setting();
  const disk = await onFullDisk(at);
  if (disk === undefined) return;
  const plan = await at.plan({ extra: 'keep' });
  const extract = at.engine.extract.bind(at.engine);
  at.engine.extract = async (snapshot, wanted) => {
    writeFileSync(join(disk, 'z/ballast'), 'x'.repeat(5 << 20)); // somebody else writes too
    return extract(snapshot, wanted);
  };
  const failed = restore(plan, { stateDir: at.state }, at.tools);
  await expect(failed).rejects.toMatchObject({ code: 'BACKUP_RESTORE_FAILED', message: /nothing was changed: ENOSPC/ });
  expect(readdirSync(join(disk, 'z')).sort()).toEqual(['a', 'b', 'ballast']);
  expect(readFileSync(join(disk, 'z/b'), 'utf8')).toBe('hurt');
  expect(readdirSync(disk)).toEqual(['z']);
  expect(readdirSync(join(at.state, 'restores'))).toEqual([]);
});

test('a mounted disk stays mounted: what is in it is restored, not the disk', async () => {
  const at = setting();
  const disk = await onFullDisk(at);
  if (disk === undefined) return;
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(readFileSync(join(disk, 'z/b'), 'utf8')).toBe('b');
  expect(execFileSync('stat', ['-f', '-c', '%T', disk], { encoding: 'utf8' }).trim()).toBe('tmpfs');
});
