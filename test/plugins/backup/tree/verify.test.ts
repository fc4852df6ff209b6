// One flipped byte anywhere in a snapshot is found and named; so is anything missing, extra, exchanged or cut off.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Snapshot, Verification } from '../../../../plugins/backup/snapshot.ts';
import { reading } from '../../../../plugins/backup/tree/reading.ts';
import { make, type Made, scratch, START, tools, type Tree } from './make.ts';

const ODD = 'a/line\nend \\ back \xff\xfe';
const tree: Tree = {
  'a/one.txt': 'one\n',
  'a/two.bin': Buffer.alloc(70_000, 7),
  'a-b/three': 'three',
  'a/empty': '',
  [ODD]: 'odd name',
  'a/link': { to: 'one.txt' },
  'b/again': { same: 'a/one.txt' },
  'empty folder': null,
};
let [target, dispose] = ['', () => {}];
beforeEach(() => ({ target, dispose } = scratch()));
afterEach(() => dispose());

const engine = (): ReturnType<typeof reading> => reading(target, () => {});
const only = async (): Promise<Snapshot> => {
  const { snapshots, unreadable } = await engine().list('daily');
  expect(unreadable).toEqual([]);
  return snapshots[0]!;
};
const content = async (): Promise<Verification> => engine().verify(await only(), 'content', tools());
/** Sealed: a first verification has kept what it needs to tell one tag file's damage from another's. */
async function made(what: Tree = tree, how: Made = {}): Promise<string> {
  const folder = make(target, what, how);
  expect(await content()).toMatchObject({ isGood: true, coverage: 1 });
  return folder;
}
function change(path: string | Buffer, act: () => void): void {
  const { mode } = lstatSync(path);
  chmodSync(path, 0o644);
  act();
  chmodSync(path, mode);
}
function flip(path: string | Buffer, at: number, bit: number): void {
  change(path, () => {
    const bytes = readFileSync(path);
    bytes[at] = bytes[at]! ^ (1 << bit);
    writeFileSync(path, bytes);
  });
}

test('what is whole is good at each level, and sha256sum agrees', async () => {
  const folder = await made();
  for (const level of ['presence', 'structure', 'content'] as const) {
    expect(await engine().verify(await only(), level, tools())).toEqual({
      level,
      at: START,
      isGood: true,
      coverage: 1,
      damaged: [],
    });
  }
  for (const list of ['manifest-sha256.txt', 'tagmanifest-sha256.txt']) {
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', list], { cwd: folder });
  }
  expect((await only()).verifiedAt).toBe(START);
});

test('each bit of each small file, and random ones of the large, when flipped, is found and named', async () => {
  const folder = await made({ ...tree, 'a/two.bin': Buffer.alloc(7_000, 7) });
  const files = [
    ...readdirSync(folder).filter((name) => name !== 'data'),
    ...['a/one.txt', 'a/two.bin', 'a-b/three'].map((name) => `data/${name}`),
  ];
  const position = fc.record({ file: fc.constantFrom(...files), at: fc.nat(), bit: fc.nat(7) });
  await fc.assert(
    fc.asyncProperty(position, async ({ file, at, bit }) => {
      const path = join(folder, file);
      const where = at % lstatSync(path).size;
      flip(path, where, bit);
      const { damaged, isGood } = await content();
      flip(path, where, bit);
      const named = file === 'data/a/one.txt' ? [file, 'data/b/again'] : [file];
      expect({ damaged: damaged.filter((one) => named.includes(one)).length > 0, isGood, file, where, bit }).toEqual({
        damaged: true,
        isGood: false,
        file,
        where,
        bit,
      });
      expect(damaged.filter((one) => !named.includes(one))).toEqual([]);
    }),
    { numRuns: 120 },
  );
  expect(await content()).toMatchObject({ isGood: true });
});

const breaks: Record<string, [act: (folder: string) => void, named: string, level?: 'structure' | 'presence']> = {
  'a file cut off': [
    (f) => change(`${f}/data/a/two.bin`, () => truncateSync(`${f}/data/a/two.bin`, 69_999)),
    'data/a/two.bin',
  ],
  'an empty file': [
    (f) => change(`${f}/data/a/one.txt`, () => truncateSync(`${f}/data/a/one.txt`, 0)),
    'data/a/one.txt',
  ],
  'a longer file': [(f) => change(`${f}/data/a/empty`, () => writeFileSync(`${f}/data/a/empty`, 'x')), 'data/a/empty'],
  'a file gone': [(f) => rmSync(`${f}/data/a-b/three`), 'data/a-b/three'],
  'a folder gone': [(f) => rmSync(`${f}/data/empty folder`, { recursive: true }), 'data/empty folder'],
  'everything gone': [(f) => rmSync(`${f}/data`, { recursive: true }), 'data'],
  'a file too many': [(f) => writeFileSync(`${f}/data/empty folder/new`, ''), 'data/empty folder/new'],
  'a file too many at the top': [(f) => writeFileSync(`${f}/data/new`, ''), 'data/new'],
  'a file too many beside the data': [(f) => writeFileSync(`${f}/more.txt`, ''), 'more.txt'],
  'a file renamed': [(f) => renameSync(`${f}/data/a-b/three`, `${f}/data/a-b/four`), 'data/a-b/four'],
  'a link instead of a file': [
    (f) => {
      renameSync(`${f}/data/a-b/three`, `${f}/../three`);
      symlinkSync('../../../three', `${f}/data/a-b/three`);
    },
    'data/a-b/three',
  ],
  'a pipe instead of a file': [
    (f) => {
      rmSync(`${f}/data/a-b/three`);
      execFileSync('mkfifo', [`${f}/data/a-b/three`]);
    },
    'data/a-b/three',
  ],
  'a folder instead of a file': [
    (f) => {
      rmSync(`${f}/data/a-b/three`);
      mkdirSync(`${f}/data/a-b/three`);
    },
    'data/a-b/three',
  ],
  'another mode': [(f) => chmodSync(`${f}/data/a-b/three`, 0o755), 'data/a-b/three'],
  'a link elsewhere': [
    (f) => {
      rmSync(`${f}/data/a/link`);
      symlinkSync('two.bin', `${f}/data/a/link`);
    },
    'data/a/link',
  ],
  'a tag file gone': [(f) => rmSync(`${f}/manifest-sha256.txt`), 'manifest-sha256.txt'],
  'the tag manifest gone': [(f) => rmSync(`${f}/tagmanifest-sha256.txt`), 'tagmanifest-sha256.txt'],
  'the record gone': [(f) => rmSync(`${f}/backup.json`), 'backup.json'],
  'the entries gone': [(f) => rmSync(`${f}/entries.jsonl`), 'entries.jsonl'],
};

test.each(Object.keys(breaks))('%s is found without reading a byte of data, and named', async (what) => {
  const folder = await made();
  const [act, named] = breaks[what]!;
  act(folder);
  const { isGood, damaged } = await engine().verify(await only(), 'structure', tools());
  expect({ isGood, damaged }).toEqual({ isGood: false, damaged: expect.arrayContaining([named]) });
  expect((await only()).damaged).toContain(named);
});

test('presence finds by counts alone that something is gone', async () => {
  const folder = await made();
  rmSync(`${folder}/data/a-b/three`);
  expect(await engine().verify(await only(), 'presence', tools())).toMatchObject({ isGood: false, damaged: ['data'] });
});

test('what is damaged stays known until every byte was found well again', async () => {
  const folder = await made();
  flip(`${folder}/data/a-b/three`, 0, 0);
  expect(await content()).toMatchObject({ isGood: false, damaged: ['data/a-b/three'] });
  expect(await engine().verify(await only(), 'structure', tools())).toMatchObject({ isGood: true });
  expect((await only()).damaged).toEqual(['data/a-b/three']);
  flip(`${folder}/data/a-b/three`, 0, 0);
  await content();
  expect((await only()).damaged).toEqual([]);
});

test('slices together read every byte once, and only then it counts as verified', async () => {
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`d/${n}`, `${n}`.repeat(100)]));
  make(target, files);
  let [covered, at] = [0, START];
  for (let n = 0; n < 5; n += 1) {
    expect((await only()).verifiedAt).toBeNull();
    at += 1_000;
    covered += (await engine().verify(await only(), 'content', tools({ at }), { n, of: 5 })).coverage;
  }
  expect(covered).toBeCloseTo(1, 9);
  expect((await only()).verifiedAt).toBe(START + 1_000);
});

test('a slice does not see what belongs to another', async () => {
  const folder = await made({ 'x/1': 'one', 'x/2': 'two', 'x/3': 'three', 'x/4': 'four' });
  flip(`${folder}/data/x/3`, 1, 1);
  const seen = await Promise.all(
    [0, 1, 2].map(async (n) => engine().verify(await only(), 'content', tools(), { n, of: 3 })),
  );
  expect(seen.filter(({ isGood }) => !isGood).map(({ damaged }) => damaged)).toEqual([['data/x/3']]);
});

test('threads find what one thread finds', async () => {
  const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, n) => [`${n % 50}/${n}`, `file ${n}`]));
  const folder = await made({ ...many, 'zz/last': 'z' });
  flip(`${folder}/data/7/57`, 0, 3);
  rmSync(`${folder}/data/9/59`);
  writeFileSync(`${folder}/data/9/60`, '');
  const large = { ...(await only()), bytes: 1e9 }; // so large that threads are worth their start
  for (const snapshot of [await only(), large]) {
    const { damaged } = await engine().verify(snapshot, 'content', tools());
    expect(damaged).toEqual(['data/7/57', 'data/9/59', 'data/9/60']);
  }
});

test('a cancelled verification ends, and keeps nothing', async () => {
  await made();
  const [abort, before] = [new AbortController(), await only()];
  abort.abort(new Error('cancelled'));
  await expect(engine().verify(before, 'content', tools({ signal: abort.signal }))).rejects.toThrow('cancelled');
  expect(await only()).toEqual(before);
});

test('a snapshot that is moved away while it is read is no damage', async () => {
  const folder = await made();
  const held = await only();
  const { progress } = tools();
  const moved = tools({
    progress: (at) => {
      progress(at);
      if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) renameSync(folder, `${folder}.moved`);
    },
  });
  await expect(engine().verify(held, 'content', moved)).rejects.toThrow('there is no snapshot daily/2026-11-21');
  renameSync(`${folder}.moved`, folder);
  expect((await only()).damaged).toEqual([]);
});

test('the same inode in two snapshots is damaged in both', async () => {
  await made();
  const second = make(target, tree, { label: '2026-11-22', startedAt: START + 1, linkTo: '2026-11-21' });
  flip(`${second}/data/a-b/three`, 0, 0);
  for (const snapshot of (await engine().list('daily')).snapshots) {
    expect((await engine().verify(snapshot, 'content', tools())).damaged).toEqual(['data/a-b/three']);
  }
});
