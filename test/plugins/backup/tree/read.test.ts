// Reading out of a snapshot: what comes out is what was saved, or it is named and nothing is left in its place.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromBytes, shown } from '../../../../plugins/backup/byte-text.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { reading } from '../../../../plugins/backup/tree/reading.ts';
import { make, scratch, tools, type Tree } from './make.ts';

let [target, dispose, out] = ['', () => {}, ''];
beforeEach(() => {
  ({ target, dispose } = scratch());
  out = mkdtempSync(join(tmpdir(), 'realm-out-'));
});
afterEach(() => {
  dispose();
  rmSync(out, { recursive: true });
});

const engine = (): ReturnType<typeof reading> => reading(target, () => {});
const only = async (): Promise<Snapshot> => (await engine().list('daily')).snapshots[0]!;
async function entries(): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  for await (const entry of engine().entries(await only())) all.push(entry);
  return all;
}
type Wanted = { entry: Entry; to: string | Buffer };
/** Each file to a name of its own. */
const wanted = async (): Promise<readonly Wanted[]> =>
  (await entries()).filter(({ type }) => type === 'file').map((entry, n) => ({ entry, to: join(out, `${n}`) }));
const damagedIn = async (all: readonly Wanted[], hands = tools()): Promise<readonly string[]> =>
  (await engine().extract(await only(), all, hands)).damaged.map(({ path }) => shown(path));
function write(path: string, bytes: string): void {
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}

const tree: Tree = {
  'a/one': 'one',
  'a-b/empty': '',
  'a/line\nend \xff': 'odd',
  'b/large': Buffer.alloc((2 << 20) + 7, 'large'),
  'b/link': { to: '../a/one' },
  c: null,
};

test('entries come in the order of their bytes, folders before what is in them', async () => {
  make(target, tree);
  expect((await entries()).map(({ path, type }) => `${shown(path)} ${type}`)).toEqual([
    'a folder',
    'a-b folder',
    'a-b/empty file',
    'a/line\\x0aend \\xff file',
    'a/one file',
    'b folder',
    'b/large file',
    'b/link link',
    'c folder',
  ]);
});

test('what comes out has the digests that were written, and shares no inode with the snapshot', async () => {
  make(target, tree);
  const all = await wanted();
  expect(await damagedIn(all)).toEqual([]);
  const witness = execFileSync(
    'sha256sum',
    all.map(({ to }) => String(to)),
    { encoding: 'utf8' },
  );
  expect(witness.trim().split('\n')).toEqual(all.map(({ entry, to }) => `${entry.sha256}  ${String(to)}`));
  for (const { to } of all) expect(lstatSync(to).nlink).toBe(1);
});

test('into names that are bytes', async () => {
  make(target, { a: 'one' });
  const [one] = await wanted();
  const to = Buffer.from(`${out}/\xff\n`, 'latin1');
  expect(await damagedIn([{ entry: one!.entry, to }])).toEqual([]);
  expect(readdirSync(out, { encoding: 'buffer' }).map(fromBytes)).toEqual(['\xff\n']);
});

test('holes stay holes', async () => {
  const folder = make(target, { a: 'x' });
  const file = join(folder, 'data/a');
  chmodSync(file, 0o644);
  truncateSync(file, 64 << 20);
  const sha256 = execFileSync('sha256sum', [file], { encoding: 'utf8' }).slice(0, 64);
  const [one] = await wanted();
  const entry = { ...one!.entry, size: 64 << 20, sha256 };
  expect(await damagedIn([{ entry, to: join(out, 'a') }])).toEqual([]);
  expect(lstatSync(join(out, 'a'))).toMatchObject({ size: 64 << 20 });
  expect(lstatSync(join(out, 'a')).blocks * 512).toBeLessThan(1 << 20);
});

test('what cannot be read as it was saved is named, noted, and leaves nothing; the rest comes out', async () => {
  const folder = make(target, { ...tree, d: 'cut off', e: 'gone', f: 'a pipe', g: 'a folder', h: 'a link' });
  const all = await wanted();
  write(join(folder, 'data/a/one'), 'onf');
  write(join(folder, 'data/d'), 'cut');
  for (const name of ['e', 'f', 'g', 'h']) rmSync(join(folder, 'data', name));
  execFileSync('mkfifo', [join(folder, 'data/f')]);
  mkdirSync(join(folder, 'data/g'));
  writeFileSync(join(out, 'elsewhere'), 'a link');
  symlinkSync(join(out, 'elsewhere'), join(folder, 'data/h'));
  const damaged = ['a/one', 'd', 'e', 'f', 'g', 'h'];
  expect((await damagedIn(all)).toSorted()).toEqual(damaged);
  expect((await only()).damaged.toSorted()).toEqual(damaged.map((name) => `data/${name}`));
  expect(all.filter(({ to }) => !existsSync(to)).map(({ entry }) => entry.path)).toEqual(damaged);
});

test('threads do what one thread does, and tell how far they are', async () => {
  const many = Object.fromEntries(Array.from({ length: 1_500 }, (_, n) => [`${n % 30}/${n}`, `file ${n}`]));
  const folder = make(target, { ...many, large: Buffer.alloc(65 << 20) }); // threads are worth their start then
  const all = await wanted();
  rmSync(join(folder, 'data/7/7'));
  const seen: number[] = [];
  expect(await damagedIn(all, tools({ progress: ({ bytes }) => void seen.push(bytes ?? -1) }))).toEqual(['7/7']);
  expect(readdirSync(out)).toHaveLength(1_500);
  expect(seen.at(-1)).toBe(all.reduce((sum, { entry }) => sum + entry.size, 0) - 'file 7'.length);
  expect(seen).toEqual(seen.toSorted((one, other) => one - other));
});

test('what cannot be written is no damage of the snapshot: it is thrown, with the reason', async () => {
  make(target, tree);
  const all = await wanted();
  writeFileSync(all[1]!.to, 'mine');
  await expect(engine().extract(await only(), all, tools())).rejects.toMatchObject({ code: 'EEXIST' });
  expect(readFileSync(all[1]!.to, 'utf8')).toBe('mine');
  const nowhere = all.map(({ entry }, n) => ({ entry, to: join(out, 'no such folder', `${n}`) }));
  await expect(engine().extract(await only(), nowhere, tools())).rejects.toMatchObject({ code: 'ENOENT' });
  expect((await only()).damaged).toEqual([]);
});

test('a full disk is thrown as such, from a thread as well', async (context) => {
  const disk = join(out, 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk], { stdio: 'ignore' });
  } catch {
    return context.skip('a small filesystem cannot be mounted here');
  }
  try {
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`${n}`, Buffer.alloc(8_000, n)]));
    make(target, { ...many, large: Buffer.alloc(65 << 20, 'x') });
    const all = (await wanted()).map(({ entry }, n) => ({ entry, to: join(disk, `${n}`) }));
    await expect(engine().extract(await only(), all, tools())).rejects.toMatchObject({ code: 'ENOSPC' });
    expect((await only()).damaged).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});

test('a cancelled extraction ends', async () => {
  make(target, tree);
  const abort = new AbortController();
  abort.abort(new Error('cancelled'));
  await expect(damagedIn(await wanted(), tools({ signal: abort.signal }))).rejects.toThrow('cancelled');
});

test('entries that are not as they were written are refused as a whole', async () => {
  const folder = make(target, tree);
  const file = join(folder, 'entries.jsonl');
  const text = readFileSync(file, 'utf8');
  for (const wrong of [text.replace('"s":3', '"s":4'), text.replace('"a/one"', '"../one"'), '', `${text}{}\n`]) {
    write(file, wrong);
    await expect(entries()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  }
  rmSync(file);
  await expect(entries()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
});

test('a snapshot that was removed meanwhile is unknown, and nothing of it is damaged', async () => {
  const folder = make(target, tree);
  const [all, snapshot] = [await wanted(), await only()];
  renameSync(folder, join(target, 'daily/.gone'));
  await expect(engine().extract(snapshot, all, tools())).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
  expect(existsSync(join(target, '.realm'))).toBe(false);
});
