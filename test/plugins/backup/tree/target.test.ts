// A target is known by its identity: what is not the place that was used before is told, and never written to.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { TargetState } from '../../../../plugins/backup/engine.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import { TARGET_FILE } from '../../../../plugins/backup/tree/layout.ts';
import { runChild, startChild } from './child.ts';
import { checkSums, type World, world } from './world.ts';

const look = (w: World, changes: object = {}): Promise<TargetState> =>
  treeEngine({ path: w.target, root: w.folder, reserveBytes: 0, ...changes }).look();

test('one that was never used is made on the first write, and says what it is', async () => {
  using w = world();
  w.file('a');
  expect(await look(w)).toMatchObject({ is: 'new' });
  expect(existsSync(w.target)).toBe(false);
  await w.write();
  const { id, is, freeBytes, usedPercent } = await look(w);
  expect(is).toBe('ready');
  expect(freeBytes).toBeGreaterThan(0);
  expect(usedPercent).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(join(w.target, TARGET_FILE), 'utf8'))).toMatchObject({
    format: 1,
    id,
    can: { hardlink: true, symlink: true, caseSensitive: true, timeNs: 1000 },
  });
  expect(readFileSync(join(w.target, 'README.txt'), 'utf8')).toContain('sha256sum');
  expect(readdirSync(join(w.target, '.realm')).sort()).toEqual(['leases', 'state']);
  expect(await look(w, { expected: id })).toMatchObject({ is: 'ready' });
});

test('one that is not mounted is missing, and is not filled', async () => {
  using w = world();
  w.file('a');
  await w.write();
  const { id } = await look(w);
  rmSync(w.target, { recursive: true });
  mkdirSync(w.target); // the empty mount point
  for (const expected of [id!]) {
    expect(await look(w, { expected })).toMatchObject({ is: 'missing' });
    await expect(w.write({}, { expected })).rejects.toMatchObject({ code: 'BACKUP_TARGET_UNREADABLE' });
  }
  expect(readdirSync(w.target)).toEqual([]);
  rmSync(w.target, { recursive: true });
  expect(await look(w, { expected: id })).toMatchObject({ is: 'missing' });
});

test('another disk in its place is foreign, and so is an identity that cannot be read', async () => {
  using w = world();
  w.file('a');
  await w.write();
  expect(await look(w, { expected: 'another' })).toMatchObject({ is: 'foreign' });
  await expect(w.write({}, { expected: 'another' })).rejects.toMatchObject({ code: 'BACKUP_TARGET_UNREADABLE' });
  for (const text of [
    '',
    '{',
    '{}',
    'null',
    '{"format":2,"id":"x","can":{}}',
    '{"format":1,"id":"../x","can":{}}',
    '{"format":1,"id":"x","can":null}',
  ]) {
    writeFileSync(join(w.target, TARGET_FILE), text);
    expect(await look(w), text).toMatchObject({ is: 'foreign' });
    await expect(w.write()).rejects.toMatchObject({ code: 'BACKUP_TARGET_UNREADABLE' });
  }
  expect(readdirSync(join(w.target, 'daily')).length).toBe(2);
});

test('a folder elsewhere whose parent is not there is missing; a file is no target', async () => {
  using w = world();
  const outside = { root: join(w.folder, 'realm'), path: join(w.folder, 'not/there') };
  expect(await look(w, outside)).toMatchObject({ is: 'missing' });
  mkdirSync(join(w.folder, 'not'));
  expect(await look(w, outside)).toMatchObject({ is: 'new' });
  expect(await look(w, { path: join(w.folder, 'x/y/z') })).toMatchObject({ is: 'new' });
  writeFileSync(join(w.folder, 'file'), '');
  expect(await look(w, { path: join(w.folder, 'file') })).toMatchObject({ is: 'missing' });
  expect(await look(w, { path: join(w.folder, 'file/below') })).toMatchObject({ is: 'missing' });
});

test('one with less room than its reserve is full: nothing is begun', async () => {
  using w = world();
  w.file('a');
  await w.write();
  const reserveBytes = 2 ** 60;
  expect(await look(w, { reserveBytes })).toMatchObject({ is: 'full', id: expect.any(String) });
  await expect(w.write({}, { reserveBytes })).rejects.toMatchObject({ code: 'BACKUP_TARGET_FULL' });
  const { freeBytes } = await look(w);
  w.file('large', Buffer.alloc(3 << 20));
  await expect(w.write({}, { reserveBytes: freeBytes! - (1 << 20) })).rejects.toMatchObject({
    code: 'BACKUP_TARGET_FULL',
  });
  expect(readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('two that make the same new target agree on who it is', async () => {
  using w = world();
  w.file('a');
  const both = ['one', 'two'].map((name) => startChild(w, { policy: w.policy({ name }) }).ended);
  const ended = await Promise.all(both);
  for (const { written } of ended) checkSums(written!.snapshot.path);
  expect(await look(w)).toMatchObject({ is: 'ready' });
  expect(readdirSync(w.target).sort()).toEqual(['.realm', 'README.txt', 'one', TARGET_FILE, 'two'].sort());
});

const canMount = process.geteuid?.() === 0 && mounts();
function mounts(): boolean {
  using w = world();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'realm-test', w.src], { stdio: 'ignore' });
    execFileSync('umount', [w.src]);
    return true;
  } catch {
    return false; // not allowed here
  }
}

test.skipIf(!canMount)(
  'a disk that fills up while it is written to: the snapshots before stay, and what was begun goes',
  async () => {
    // Needs to mount a small filesystem. What runs out is inodes, which nobody can foresee.
    using w = world();
    mkdirSync(w.target);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,nr_inodes=400', 'realm-test', w.target]);
    try {
      w.file('a', 'a');
      const { snapshot } = await w.write();
      for (let index = 0; index < 600; index += 1) w.file(`d${index % 3}/f${index}`, 'x');
      const { failed } = runChild(w);
      expect(failed).toMatchObject({ code: 'BACKUP_TARGET_FULL' });
      expect(readdirSync(join(w.target, 'daily')).sort()).toEqual([snapshot.label, 'latest']);
      checkSums(snapshot.path);
      for (let index = 0; index < 3; index += 1) rmSync(join(w.src, `d${index}`), { recursive: true });
      w.file('b', 'b');
      checkSums((await w.write()).snapshot.path);
    } finally {
      execFileSync('umount', [w.target]);
    }
  },
);
