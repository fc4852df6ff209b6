// What is damaged is healed where any copy of it is left, in all snapshots that share it; where none is, that is known.
import {
  chmodSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine, Healing } from '../../../../plugins/backup/engine.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { reading } from '../../../../plugins/backup/tree/reading.ts';
import { make, scratch, START, tools, type Tree, witness } from './make.ts';

const tree: Tree = {
  'a/one.txt': 'one\n',
  'a/two.bin': Buffer.alloc(70_000, 7),
  'a/line\nend \xff': 'odd name',
  'a/link': { to: 'one.txt' },
  'b/again': { same: 'a/one.txt' },
  'c/d/empty folder': null,
  'c/d/three': 'three',
};
let [target, dispose] = ['', () => {}];
beforeEach(() => ({ target, dispose } = scratch()));
afterEach(() => dispose());

const engine = (of = target): ReturnType<typeof reading> & Engine =>
  ({ kind: 'tree', name: of, ...reading(of, () => {}) }) as ReturnType<typeof reading> & Engine;
const list = async (): Promise<readonly Snapshot[]> => (await engine().list('daily')).snapshots;
const named = async (label: string): Promise<Snapshot> => (await list()).find((one) => one.label === label)!;
const newest = async (): Promise<Snapshot> => (await list()).at(-1)!;
const isGood = async (of: Snapshot): Promise<boolean> => (await engine().verify(of, 'content', tools())).isGood;

/** Two snapshots: the second shares the inodes of the first where `linked`. */
async function two(linked: boolean): Promise<{ first: string; second: string }> {
  const first = make(target, tree);
  const how = { label: '2026-11-22', startedAt: START + 1 };
  const second = make(target, tree, linked ? { ...how, linkTo: '2026-11-21' } : how);
  for (const one of await list()) expect(await isGood(one)).toBe(true);
  return { first, second };
}
function write(path: string | Buffer, change: (bytes: Buffer) => void): void {
  const { mode } = lstatSync(path);
  chmodSync(path, 0o644);
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
  chmodSync(path, mode);
}
const flip = (path: string | Buffer, at = 0): void => write(path, (bytes) => (bytes[at] = bytes[at]! ^ 1));

/** Verifies first, so that what is damaged is known. */
async function healed(of: () => Promise<Snapshot>, others: readonly Engine[] = [], hands = tools()): Promise<Healing> {
  expect(await isGood(await of())).toBe(false);
  return engine().heal(await of(), others, hands);
}

test('a flipped byte is healed from another snapshot, and the damaged one is kept aside', async () => {
  const { second } = await two(false);
  const before = witness(second);
  flip(`${second}/data/a/two.bin`, 69_000);
  const { healed: done, left } = await healed(newest);
  expect({ done, left }).toEqual({
    done: [{ path: 'data/a/two.bin', from: 'daily/2026-11-21 (data/a/two.bin)' }],
    left: [],
  });
  expect((await newest()).damaged).toEqual([]);
  expect(await isGood(await newest())).toBe(true);
  expect(witness(second)).toBe(before);
  const kept = readdirSync(join(target, '.realm/quarantine')).filter((name) => !name.endsWith('.json'));
  expect(kept.map((name) => readFileSync(join(target, '.realm/quarantine', name))[69_000])).toEqual([6]);
  expect(readdirSync(join(target, '.realm/healing'))).toEqual([]);
});

test('it is healed from another target when no snapshot here has it, and everybody who shares the inode with it', async () => {
  const { first, second } = await two(true);
  const other = scratch();
  try {
    make(other.target, tree, { label: '2026-11-20' });
    const before = [witness(first), witness(second)];
    flip(`${second}/data/a/one.txt`);
    const { healed: done, left, alsoIn } = await healed(newest, [engine(other.target)]);
    const from = `daily/2026-11-20 in ${other.target}`;
    expect({ done, left, alsoIn }).toEqual({
      done: [{ path: 'data/a/one.txt', from }],
      left: [],
      alsoIn: ['daily/2026-11-21'],
    });
    expect([witness(first), witness(second)]).toEqual(before);
    expect(lstatSync(`${first}/data/a/one.txt`).ino).toBe(lstatSync(`${second}/data/b/again`).ino);
    for (const one of await list()) expect([one.damaged, await isGood(one)]).toEqual([[], true]);
  } finally {
    other.dispose();
  }
});

test('where no copy is left it stays damaged, in every snapshot that shares it, and the rest is healed', async () => {
  const { first, second } = await two(true);
  flip(`${second}/data/c/d/three`);
  rmSync(`${second}/data/a/two.bin`);
  const other = scratch();
  const { healed: done, left } = await healed(newest, [engine(other.target)]);
  other.dispose();
  expect(done.map(({ path }) => path)).toEqual(['data/a/two.bin']);
  expect(left.map(({ path }) => path)).toEqual(['data/c/d/three']);
  expect(await Promise.all(['2026-11-21', '2026-11-22'].map(async (label) => (await named(label)).damaged))).toEqual([
    ['data/c/d/three'],
    ['data/c/d/three'],
  ]);
  expect(readFileSync(`${first}/data/c/d/three`, 'latin1')).toBe('uhree'); // nothing was guessed
});

test('a copy that is damaged as well is not taken', async () => {
  const { first, second } = await two(false);
  flip(`${second}/data/c/d/three`);
  flip(`${first}/data/c/d/three`, 1);
  const { left } = await healed(newest);
  expect(left).toEqual([{ path: 'data/c/d/three', why: expect.stringContaining('another SHA-256') }]);
});

test('one that was removed, and lies in the trash, heals too, and is healed', async () => {
  const { second } = await two(false);
  flip(`${second}/data/c/d/three`);
  await engine().remove([await named('2026-11-21')], () => 'x', tools());
  expect((await healed(newest)).left).toEqual([]);
  expect(await isGood(await newest())).toBe(true);
});

const breaks: Record<string, (folder: string) => void> = {
  'a file gone': (f) => rmSync(`${f}/data/c/d/three`),
  'a folder gone': (f) => rmSync(`${f}/data/c`, { recursive: true }),
  'all data gone': (f) => rmSync(`${f}/data`, { recursive: true }),
  'a file cut off': (f) => writeCut(`${f}/data/a/two.bin`),
  'another mode': (f) => chmodSync(`${f}/data/c/d/three`, 0o755),
  'another mode of a folder': (f) => chmodSync(`${f}/data/c/d`, 0o711),
  'a link elsewhere': (f) => {
    rmSync(`${f}/data/a/link`);
    symlinkSync('two.bin', `${f}/data/a/link`);
  },
  'a link instead of a file': (f) => {
    rmSync(`${f}/data/c/d/three`);
    symlinkSync('/etc/hostname', `${f}/data/c/d/three`);
  },
  'a link instead of a folder': (f) => {
    renameSync(`${f}/data/c`, `${target}/elsewhere`);
    symlinkSync(`${target}/elsewhere`, `${f}/data/c`);
  },
  'a file instead of a folder': (f) => {
    rmSync(`${f}/data/c`, { recursive: true });
    writeFileSync(`${f}/data/c`, '');
  },
  'something extra': (f) => {
    writeFileSync(`${f}/data/c/new`, '');
    writeFileSync(`${f}/beside`, '');
  },
  'an odd name': (f) => flip(Buffer.from(`${f}/data/a/line\nend \xff`, 'latin1')),
  'the record': (f) => rmSync(`${f}/backup.json`),
  'the tag manifest': (f) => flip(`${f}/tagmanifest-sha256.txt`, 5),
  'the manifest': (f) => rmSync(`${f}/manifest-sha256.txt`),
  'the tag manifest and the record': (f) => {
    rmSync(`${f}/tagmanifest-sha256.txt`);
    flip(`${f}/backup.json`, 30);
  },
};
function writeCut(path: string): void {
  const { mode } = lstatSync(path);
  chmodSync(path, 0o644);
  writeFileSync(path, Buffer.alloc(10, 7));
  chmodSync(path, mode);
}

test.each(Object.keys(breaks))('healed as it was, byte by byte: %s', async (what) => {
  const { second } = await two(false);
  const before = witness(second);
  breaks[what]!(second);
  expect((await healed(newest)).left).toEqual([]);
  expect(witness(second)).toBe(before);
  expect([await isGood(await newest()), (await newest()).damaged]).toEqual([true, []]);
});

test('whatever is broken at once in one of two, it is healed from the other', async () => {
  const { second } = await two(false);
  const before = witness(second);
  const kinds = Object.keys(breaks).filter(
    (one) => !/^(all|a folder gone|a (link|file) instead of a folder)/.test(one),
  );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...kinds), { minLength: 2, maxLength: 4 }), async (some) => {
      for (const one of some) {
        try {
          breaks[one]!(second);
        } catch {
          // another of them took it away already
        }
      }
      await healed(newest);
      expect(witness(second)).toBe(before);
    }),
    { numRuns: 8 },
  );
});

test('nothing is written through a link that was put in the way, whatever the entries say', async () => {
  const { second } = await two(false);
  const outside = scratch();
  renameSync(`${second}/data/c`, join(outside.target, 'c'));
  symlinkSync(join(outside.target, 'c'), `${second}/data/c`);
  rmSync(join(outside.target, 'c/d/three'));
  const before = witness(outside.target);
  await healed(newest);
  expect(witness(outside.target)).toBe(before);
  outside.dispose();
});

test('another snapshot that shares the damage is not healed through a link that leads out of it', async () => {
  const { first, second } = await two(true);
  make(target, { donor: 'three' }, { policy: 'weekly', label: '2026-W47' });
  const outside = scratch();
  renameSync(`${first}/data/c`, join(outside.target, 'c'));
  symlinkSync(join(outside.target, 'c'), `${first}/data/c`);
  flip(`${second}/data/c/d/three`);
  const before = [witness(outside.target), lstatSync(join(outside.target, 'c/d/three')).ino];
  expect((await healed(newest)).left).toEqual([]);
  expect([witness(outside.target), lstatSync(join(outside.target, 'c/d/three')).ino]).toEqual(before);
  expect(await isGood(await newest())).toBe(true);
  outside.dispose();
});

class Killed extends Error {}

test('killed at any step, each file is the damaged one or the whole one; the next try heals', async () => {
  let killed = 0;
  for (let nth = 1; ; nth += 1) {
    rmSync(target, { recursive: true });
    const { first, second } = await two(true);
    const whole = witness(second);
    make(target, { 'x/donor': 'one\n' }, { policy: 'weekly', label: '2026-W47' });
    flip(`${second}/data/a/one.txt`);
    flip(`${second}/manifest-sha256.txt`);
    let count = 0;
    const step = (): void => {
      count += 1;
      if (count === nth) throw new Killed();
    };
    const end = await healed(newest, [], tools({ step })).catch((error: unknown) => error);
    if (!(end instanceof Killed)) {
      expect(end).toMatchObject({ left: [] });
      break;
    }
    killed += 1;
    for (const folder of [first, second]) {
      for (const name of ['a/one.txt', 'b/again']) {
        expect(['one\n', 'nne\n']).toContain(readFileSync(`${folder}/data/${name}`, 'latin1'));
      }
    }
    for (const one of await list()) {
      if (await isGood(one)) continue;
      expect((await engine().heal(await named(one.label), [], tools())).left).toEqual([]);
    }
    for (const one of await list()) expect([one.damaged, await isGood(one)]).toEqual([[], true]);
    expect([witness(first), witness(second)]).toEqual([witness(first), whole]);
  }
  expect(killed).toBeGreaterThan(8);
});

test('a hard link that somebody made of a file outside heals with nothing done to it', async () => {
  const { second } = await two(false);
  linkSync(`${second}/data/c/d/three`, join(target, 'mine'));
  flip(`${second}/data/c/d/three`);
  await healed(newest);
  expect(readFileSync(join(target, 'mine'), 'latin1')).toBe('uhree');
  expect(await isGood(await newest())).toBe(true);
});
