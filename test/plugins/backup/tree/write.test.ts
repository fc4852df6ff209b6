// Snapshots of real folders: everything is in them as it was, and ordinary tools find them whole.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import { listPolicy } from '../../../../plugins/backup/tree/list.ts';
import { checkSums, entriesOf, inodeOf, jobFor, pictureOf, root, toolsFor, world } from './world.ts';

const pathsOf = (snapshot: Snapshot): readonly string[] => entriesOf(snapshot).map(({ path }) => path);

test('a first snapshot: what was there lies in data, and sha256sum agrees', async () => {
  using w = world();
  w.file('a/b/c.txt', 'hello');
  w.file('a-b', 'dash');
  w.file('empty', '');
  mkdirSync(join(w.src, 'hollow'));
  const { snapshot, troubles, copiedBytes } = await w.write();
  expect(troubles).toEqual([]);
  expect(snapshot).toMatchObject({ status: 'complete', files: 3, bytes: 9, policy: 'daily', isSuspicious: false });
  expect(snapshot.verifiedAt).toBe(snapshot.endedAt);
  expect(copiedBytes).toBe(9);
  expect(snapshot.path).toBe(join(w.target, 'daily', snapshot.label));
  checkSums(snapshot.path);
  expect(readFileSync(join(snapshot.path, 'data/src/a/b/c.txt'), 'utf8')).toBe('hello');
  expect(readdirSync(snapshot.path).sort()).toEqual([
    'backup.json',
    'bag-info.txt',
    'bagit.txt',
    'data',
    'entries.jsonl',
    'manifest-sha256.txt',
    'tagmanifest-sha256.txt',
  ]);
  expect(pathsOf(snapshot)).toEqual(['src', 'src/a', 'src/a-b', 'src/a/b', 'src/a/b/c.txt', 'src/empty', 'src/hollow']);
  expect(readFileSync(join(snapshot.path, 'bag-info.txt'), 'utf8')).toContain('Payload-Oxum: 9.3\n');
  expect(readlinkSync(join(w.target, 'daily/latest'))).toBe(snapshot.label);
  expect(readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'))).toEqual([]);
  expect(readdirSync(join(w.target, '.realm/leases'))).toEqual([]);
});

test('the second takes over what did not change, and reads only what did', async () => {
  using w = world();
  w.file('same', 'x'.repeat(1000));
  w.file('touched', 'y');
  w.file('replaced', 'old');
  const first = await w.write();
  w.file('touched', 'z');
  rmSync(join(w.src, 'replaced'));
  w.file('replaced', 'new'); // the same size, and another inode
  const second = await w.write();
  expect(second).toMatchObject({ linkedFiles: 1, copiedBytes: 4, troubles: [] });
  // What was taken over was read no later than it was.
  expect(second.snapshot.verifiedAt).toBe(first.snapshot.endedAt);
  expect(inodeOf(second.snapshot, 'src/same')).toBe(inodeOf(first.snapshot, 'src/same'));
  expect(readFileSync(join(second.snapshot.path, 'data/src/touched'), 'utf8')).toBe('z');
  expect(readFileSync(join(first.snapshot.path, 'data/src/touched'), 'utf8')).toBe('y');
  for (const { snapshot } of [first, second]) checkSums(snapshot.path);
});

test('links: copy shares nothing between snapshots', async () => {
  using w = world();
  w.file('same', 'x');
  const first = await w.write({}, { links: 'copy' });
  const second = await w.write({}, { links: 'copy' });
  expect(second.linkedFiles).toBe(0);
  expect(inodeOf(second.snapshot, 'src/same')).not.toBe(inodeOf(first.snapshot, 'src/same'));
});

test('a file whose mode alone changed is not the one of before, which keeps its own', async () => {
  using w = world();
  const file = w.file('script', '#!/bin/sh\n');
  chmodSync(file, 0o644);
  const first = await w.write();
  chmodSync(file, 0o755);
  const second = await w.write();
  const modeOf = ({ path }: Snapshot): number => lstatSync(join(path, 'data/src/script')).mode & 0o7777;
  expect([modeOf(first.snapshot), modeOf(second.snapshot)]).toEqual([0o444, 0o555]);
});

test('many files are made by threads, and look exactly like the sources', async () => {
  using w = world();
  for (let index = 0; index < 500; index += 1)
    w.file(`d${index % 37}/e${index % 5}/f${index}`, `${index}`.repeat(index % 50));
  execFileSync('sh', ['-c', 'find . -type f -exec chmod 0444 {} +; find . -type d -exec chmod 0755 {} +'], {
    cwd: w.src,
  });
  execFileSync('sh', ['-c', 'find . -exec touch -d "2020-02-03 04:05:06.123456" {} +'], { cwd: w.src });
  const { snapshot } = await w.write({}, { threads: 2 });

  expect(pictureOf(join(snapshot.path, 'data/src'))).toBe(pictureOf(w.src));
  checkSums(snapshot.path);
  const second = await w.write({}, { threads: 2 });
  expect(second).toMatchObject({ linkedFiles: 500, copiedBytes: 0 });
  expect(pictureOf(join(second.snapshot.path, 'data/src'))).toBe(pictureOf(w.src));
});

test('roots: globs, one in another, one twice, outside the config, and places where nothing is saved', async () => {
  using w = world();
  for (const path of [
    'z/SOUL.md',
    'z/memory/a.md',
    'z/memory/b.tmp',
    'z/.hidden',
    'jay/SOUL.md',
    'jay/tool.py',
    'log.txt',
  ])
    w.file(path);
  for (const path of ['backups/x', 'other/deep/one']) w.file(path);
  const only = root(w.src, 'src', { include: ['*/memory/**', '**/SOUL.md'], exclude: ['**/*.tmp'] });
  const roots = [
    only,
    root(join(w.src, 'jay'), 'src/jay', { exclude: ['*.py'] }),
    root(join(w.src, 'jay'), 'src/jay', { exclude: ['*.py'] }),
  ];
  roots.push(root(join(w.src, 'other/deep'), '@root/x/deep'));
  const { snapshot, troubles } = await w.write({ roots, never: [join(w.src, 'backups')] });
  expect(troubles).toEqual([]);
  expect(pathsOf(snapshot)).toEqual([
    '@root',
    '@root/x',
    '@root/x/deep',
    '@root/x/deep/one',
    'src',
    'src/jay',
    'src/jay/SOUL.md',
    'src/z',
    'src/z/SOUL.md',
    'src/z/memory',
    'src/z/memory/a.md',
  ]);
  checkSums(snapshot.path);
});

test('the folder of the config as a whole, with the target inside it', async () => {
  using w = world();
  w.file('a');
  writeFileSync(join(w.folder, 'realm.config.yaml'), 'x');
  for (let count = 0; count < 2; count += 1) {
    const { snapshot, troubles } = await w.write({ roots: [root(w.folder, '')] });
    expect(troubles).toEqual([]);
    expect(pathsOf(snapshot)).toEqual(['realm.config.yaml', 'src', 'src/a']);
  }
});

test('a source may be one file; dumps have a place of their own', async () => {
  using w = world();
  mkdirSync(join(w.folder, 'dumps'));
  writeFileSync(join(w.folder, 'dumps/db.sql'), 'select');
  const policy = w.policy({ roots: [root(w.file('only'), 'src/only')] });
  const engine = treeEngine({ path: w.target, root: w.folder, reserveBytes: 0 });
  const { snapshot } = await engine.write(jobFor(policy, { dumps: join(w.folder, 'dumps') }), toolsFor());
  expect(pathsOf(snapshot)).toEqual(['@dumps', '@dumps/db.sql', 'src', 'src/only']);
});

test('a label that is taken gets a number, and nothing under it is touched', async () => {
  using w = world();
  w.file('a');
  mkdirSync(join(w.target, 'daily'), { recursive: true });
  const labels: string[] = [];
  const at = Date.UTC(2026, 10, 21, 7);
  mkdirSync(join(w.target, 'daily/2026-11-21.2')); // a person's, and empty
  for (let count = 0; count < 3; count += 1)
    labels.push((await w.write({ label: 'day' }, {}, { now: () => at })).snapshot.label);
  expect(labels).toEqual(['2026-11-21', '2026-11-21.3', '2026-11-21.4']);
  expect(readdirSync(join(w.target, 'daily/2026-11-21.2'))).toEqual([]);
});

test('far smaller than the last complete one is suspicious', async () => {
  using w = world();
  for (let index = 0; index < 10; index += 1) w.file(`f${index}`, 'x'.repeat(10));
  await w.write();
  for (let index = 0; index < 2; index += 1) rmSync(join(w.src, `f${index}`));
  expect((await w.write()).snapshot.isSuspicious).toBe(false);
  for (let index = 2; index < 5; index += 1) rmSync(join(w.src, `f${index}`));
  expect((await w.write()).snapshot.isSuspicious).toBe(true);
});

test('a file that is damaged in the snapshot before is read again when all is read back', async () => {
  using w = world();
  w.file('a', 'content');
  const first = await w.write();
  const stored = join(first.snapshot.path, 'data/src/a');
  chmodSync(stored, 0o644);
  writeFileSync(stored, 'CONTENT');
  chmodSync(stored, 0o444);
  const second = await w.write({ verifyAfterRun: 'all' });
  expect(second).toMatchObject({ linkedFiles: 0, copiedBytes: 7 });
  checkSums(second.snapshot.path);
  // Nobody looked for it, and it is known all the same.
  const [before, after] = listPolicy(w.target, 'daily').snapshots;
  expect([before?.damaged, after?.damaged]).toEqual([['data/src/a'], []]);
});

test('entries of the snapshot before that are not as they were written are not believed', async () => {
  using w = world();
  w.file('a', 'content');
  const first = await w.write();
  const list = join(first.snapshot.path, 'entries.jsonl');
  chmodSync(list, 0o644);
  writeFileSync(list, readFileSync(list, 'utf8').replace(/"h":"./, '"h":"0'));
  const second = await w.write();
  expect(second.linkedFiles).toBe(0);
  checkSums(second.snapshot.path);
});

test('cancelled: ends soon, leaves no snapshot, and the next run goes on with what was made', async () => {
  using w = world();
  for (let index = 0; index < 600; index += 1) w.file(`f${index}`, `${index}`);
  const stop = new AbortController();
  const step = (point: string): void => void (point === 'backup.batch:after' && stop.abort(new Error('enough')));
  await expect(w.write({}, { threads: 1 }, { signal: stop.signal, step })).rejects.toThrow('enough');
  expect(existsSync(join(w.target, 'daily/latest'))).toBe(false);
  const [partial] = readdirSync(join(w.target, 'daily'));
  const made = join(w.target, 'daily', partial!, 'data/src/f0');
  rmSync(made);
  writeFileSync(made, 'X'); // as long as it was, and something else
  const { resumedFiles, snapshot } = await w.write();
  expect(resumedFiles).toBeGreaterThan(200);
  expect(snapshot.files).toBe(600);
  expect(readFileSync(join(snapshot.path, 'data/src/f0'), 'utf8')).toBe('0');
  checkSums(snapshot.path);
});

test('what changed so shortly before that its times prove nothing is read again', async () => {
  using w = world();
  w.file('a');
  const racyMs = 60_000;
  const first = await w.write({}, { racyMs });
  expect(entriesOf(first.snapshot).map(({ isRacy }) => isRacy)).toEqual([undefined, true]);
  expect((await w.write({}, { racyMs })).linkedFiles).toBe(0);
  expect((await w.write()).linkedFiles).toBe(0);
  expect((await w.write()).linkedFiles).toBe(1);
});
