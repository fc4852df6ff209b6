// What keeps old snapshots while something is wrong with the new ones: each lasts until a person or a good run ends it.
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Ended, realm, tempRealm } from '../../e2e/realm.ts';

import { world } from './tree/world.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

const config = (policy: string): string => `realm: { name: lab, timezone: UTC }
plugins: [backup]
backups:
  daily: { sources: [src], label: second, ${policy} }
`;
const staged = (policy: string): Promise<string> =>
  tempRealm({ 'realm.config.yaml': config(policy), 'src/a.txt': 'a\n', 'src/b.txt': 'b\n' });
const backup = (dir: string, ...args: readonly string[]): Promise<Ended> =>
  realm(dir, ['backup', ...args], { timeoutMs: 90_000 });
const done = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await backup(dir, ...args);
  expect(code, stdout + stderr).toBe(0);
  return stdout;
};
const labels = (dir: string): readonly string[] =>
  readdirSync(join(dir, 'backups/daily'))
    .filter((name) => /^\d/.test(name))
    .sort();

test('sources that are empty all at once: whatever runs come, the good ones stay until somebody says that it is right', async () => {
  const dir = await staged('keep: { last: 2 }');
  await done(dir, 'run', 'daily');
  await done(dir, 'run', 'daily');
  const good = labels(dir);
  rmSync(join(dir, 'src/a.txt'));
  rmSync(join(dir, 'src/b.txt'));
  for (let round = 0; round < 3; round += 1)
    expect(await done(dir, 'run', 'daily')).toMatch(/far less than before.*realm backup run daily --allow-shrink/);
  expect(labels(dir)).toEqual(expect.arrayContaining([...good]));
  expect(await done(dir, 'prune', 'daily')).toContain('nothing is removed');
  await done(dir, 'run', 'daily', '--allow-shrink');
  expect(await done(dir, 'run', 'daily')).not.toContain('far less');
  expect(labels(dir)).toHaveLength(2);
});

test('`links: copy` in the YAML: no file is shared between snapshots', async () => {
  const copies = 'to: [{ path: backups, links: copy }], keep: { last: 99 }';
  const dir = await staged(copies);
  writeFileSync(
    join(dir, 'realm.config.yaml'),
    `${config(copies)}  beside: { sources: [src], label: second, to: [shared], keep: { last: 99 } }\n`,
  );
  const sharers = (folder: string): readonly number[] =>
    readdirSync(join(dir, folder))
      .filter((name) => /^\d/.test(name))
      .map((label) => statSync(join(dir, folder, label, 'data/src/a.txt')).nlink);
  // Shortly after a file was made its times do not tell it; once the one beside shares, this one would too.
  let isShared = false;
  for (let round = 0; !isShared && round < 30; round += 1) {
    await done(dir, 'run', 'beside');
    await done(dir, 'run', 'daily');
    isShared = sharers('shared/beside').some((count) => count > 1);
  }
  expect(isShared, 'without `links`, files are shared').toBe(true);
  expect(new Set(sharers('backups/daily'))).toEqual(new Set([1]));
});

test('after a run that failed nothing is let go of, until one has succeeded', async () => {
  const dir = await staged('keep: { last: 1, floor: 0 }');
  await done(dir, 'run', 'daily');
  await done(dir, 'run', 'daily', '--tag', 'kept');
  const config2 = config('keep: { last: 1 }, commands: { before: [] }');
  writeFileSync(join(dir, 'realm.config.yaml'), config2.replace('last: 1', 'last: 9'));
  await done(dir, 'run', 'daily');
  writeFileSync(join(dir, 'realm.config.yaml'), config2);
  const target = join(dir, 'backups/daily');
  const all = labels(dir);
  renameSync(join(dir, 'backups/realm-target.json'), join(dir, 'kept-aside'));
  expect((await backup(dir, 'run', 'daily')).code, 'the disk is not mounted').toBe(1);
  renameSync(join(dir, 'kept-aside'), join(dir, 'backups/realm-target.json'));
  expect(await done(dir, 'prune', 'daily')).toMatch(/nothing is removed, the newest run failed/);
  expect(labels(dir)).toEqual(all);
  await done(dir, 'run', 'daily');
  expect(labels(dir)).toHaveLength(1);

  // A listing that shows less than was left there is an error, and no leave to go on.
  renameSync(target, join(dir, 'emptied'));
  mkdirSync(target);
  const { code, stdout, stderr } = await backup(dir, 'prune', 'daily');
  expect(code).toBe(1);
  expect(stdout + stderr).toContain('no snapshot was listed, and at least 1 should be there');
});

test('with one that cannot be read among them nothing is let go of', async () => {
  const dir = await staged('keep: { last: 9 }');
  for (let round = 0; round < 3; round += 1) await done(dir, 'run', 'daily');
  const newest = join(dir, 'backups/daily', labels(dir).at(-1)!);
  for (const name of ['backup.json', 'bag-info.txt']) {
    chmodSync(join(newest, name), 0o644);
    writeFileSync(join(newest, name), 'spoilt');
  }
  rmSync(join(dir, 'backups/.realm/state'), { recursive: true });
  writeFileSync(join(dir, 'realm.config.yaml'), config('keep: { last: 1 }'));
  expect(await done(dir, 'prune', 'daily')).toMatch(/nothing is removed, .*cannot be read/);
  expect(labels(dir)).toHaveLength(3);
});

test('a target is known from the moment it is made: a first run that fails there does not fill the mount point', async () => {
  using w = world();
  const ids: string[] = [];
  w.file('a', 'a');
  const remember = (id: string): void => void ids.push(id);
  const failing = { step: (point: string): void => void (point === 'backup.seal:before' && fail()) };
  await expect(w.write({}, { remember }, failing)).rejects.toThrow('no room');
  expect(ids).toHaveLength(1);
  rmSync(w.target, { recursive: true });
  mkdirSync(w.target);
  await expect(w.write({}, { expected: ids[0] })).rejects.toMatchObject({ code: 'BACKUP_TARGET_UNREADABLE' });
  expect(readdirSync(w.target)).toEqual([]);
});
function fail(): never {
  throw new Error('no room');
}

test('what is known of a target cannot be read: told, and nothing is written', async () => {
  const dir = await staged('keep: { last: 9 }');
  await done(dir, 'run', 'daily');
  const known = join(dir, '.realm/data/backup/targets');
  const [file] = readdirSync(known);
  writeFileSync(join(known, file!), 'not json');
  const { code, stdout, stderr } = await backup(dir, 'run', 'daily');
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/which target was used before cannot be read.*when it is the right one, delete /s);
  expect(labels(dir)).toHaveLength(1);
  rmSync(join(known, file!));
  await done(dir, 'run', 'daily');
});
