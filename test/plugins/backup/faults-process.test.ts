// A disk that fails below a whole process, its threads and the programs it starts: a library stands before the C library.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { mustBeWhole } from './fault-rounds.ts';
import { type Ended, runChild } from './tree/child.ts';
import { mustBeAlike, pictureOf, type World, world } from './tree/world.ts';

vi.setConfig({ testTimeout: 120_000 });
const EIO = '5';

let dir: string;
let library: string | undefined;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'realm-shim-'));
  const path = join(dir, 'faulty-disk.so');
  const source = join(import.meta.dirname, 'faulty-disk.c');
  const made = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', path, source, '-ldl'], { encoding: 'utf8' });
  if (process.platform === 'linux' && made.status === 0) library = path;
  else
    console.warn(
      `NOT TESTED: a failing disk below a process, for which a C compiler is needed: ${made.stderr ?? made.error?.message}`,
    );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** More files than are made without threads. */
function filled(): World {
  const w = world();
  for (let n = 0; n < 300; n += 1) w.file(`d${n % 5}/f${n}`, `${n}`.repeat(500));
  return w;
}
const visible = (w: World): readonly string[] =>
  readdirSync(join(w.target, 'daily')).filter((name) => /^\d/.test(name));

function runFaulty(w: World, fault: { call: string; path: string; at?: number; errno?: string }): Ended {
  const { call, path, at = 1, errno = EIO } = fault;
  const shim = { LD_PRELOAD: library!, FAULT_CALL: call, FAULT_PATH: path, FAULT_AT: `${at}`, FAULT_ERRNO: errno };
  return runChild(w, { options: { threads: 2 } }, shim);
}

test.for([
  ['a write in a thread', { call: 'write', path: '/data/src/', at: 40 }],
  ['each write of the entries', { call: 'write', path: '/entries.jsonl' }],
  ['each write of a tag file', { call: 'write', path: '/backup.json' }],
  ['the barrier of the filesystem', { call: 'syncfs', path: '.partial-' }],
  ['the rename that commits', { call: 'rename', path: '/daily/2' }],
  ['the sync after it', { call: 'fsync', path: '/target/daily' }],
] as const)('EIO at %s: told, what was there stays, and the next run ends well', async ([, fault], { skip }) => {
  if (library === undefined) skip('there is no C compiler');
  using w = filled();
  const before = (await w.write()).snapshot;
  for (let n = 0; n < 300; n += 3) w.file(`d${n % 5}/f${n}`, `new ${n}`.repeat(300));
  const picture = pictureOf(before.path);
  const { failed } = runFaulty(w, fault);
  expect(failed).toMatchObject({ code: 'BACKUP_FAILED' });
  for (const label of visible(w)) mustBeWhole(join(w.target, 'daily', label));
  expect(pictureOf(before.path)).toBe(picture);
  const { snapshot, troubles } = await w.write();
  expect([snapshot.status, troubles]).toEqual(['complete', []]);
  mustBeAlike(w.src, join(snapshot.path, 'data/src'));
});

test('EIO in a source: partial, and the very file is named; nothing else is lost', ({ skip }) => {
  if (library === undefined) skip('there is no C compiler');
  using w = filled();
  const { written } = runFaulty(w, { call: 'read', path: '/src/d3/f123' });
  expect(written?.troubles.map(({ path, what }) => [path, what])).toEqual([['src/d3/f123', 'unreadable']]);
  expect(written?.snapshot).toMatchObject({ status: 'partial', files: 299 });
  mustBeWhole(written!.snapshot.path);
});

test.for(['read', 'write'])('each %s moves half of what it could: the same in the end', (call, { skip }) => {
  if (library === undefined) skip('there is no C compiler');
  using w = filled();
  w.file('large', Buffer.alloc(3_000_001, 'large'));
  const { written } = runFaulty(w, { call, path: '/realm-tree-', errno: '0' });
  expect(written?.snapshot).toMatchObject({ status: 'complete', files: 301 });
  mustBeWhole(written!.snapshot.path);
  mustBeAlike(w.src, join(written!.snapshot.path, 'data/src'));
  execFileSync('sha256sum', ['--quiet', '-c', 'manifest-sha256.txt'], { cwd: written!.snapshot.path });
});
