// What a snapshot keeps of each file beside its bytes: names of all kinds, modes, times, links, holes.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  type Stats,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkSums, entriesOf, inodeOf, mustBeAlike, pictureOf, world } from './world.ts';

test('modes, times to the nanosecond, links and names of all kinds are kept', async () => {
  using w = world();
  chmodSync(w.file('secret', 's'), 0o600);
  chmodSync(w.file('deep/tool', 't'), 0o4751);
  chmodSync(join(w.src, 'deep'), 0o1770);
  symlinkSync('../no/where', join(w.src, 'dangling'));
  symlinkSync(Buffer.from([0xff, 0x0a, 0x41]), join(w.src, 'bytes'));
  execFileSync('touch', ['-h', '-d', '2001-02-03 04:05:06.123456789', join(w.src, 'secret'), join(w.src, 'dangling')]);
  execFileSync('touch', ['-d', '1969-12-31 23:00:00 UTC', join(w.src, 'deep')]);
  const { snapshot, troubles } = await w.write();
  expect(troubles).toEqual([]);
  const entries = new Map(entriesOf(snapshot).map((entry) => [entry.path as string, entry]));
  expect(entries.get('src/secret')).toMatchObject({ mode: 0o600, mtimeNs: '981173106123456789' });
  expect(entries.get('src/deep/tool')).toMatchObject({ mode: 0o4751 });
  expect(entries.get('src/deep')).toMatchObject({ mode: 0o1770, mtimeNs: '-3600000000000' });
  expect(entries.get('src/dangling')).toMatchObject({
    type: 'link',
    target: '../no/where',
    mtimeNs: '981173106123456789',
  });
  expect(entries.get('src/bytes')).toMatchObject({ type: 'link', target: '\xff\nA' });
  const stat = (path: string): Stats => lstatSync(join(snapshot.path, 'data/src', path));
  expect(stat('secret').mtimeMs).toBeCloseTo(981_173_106_123.456, 2);
  expect(stat('dangling').mtimeMs).toBeCloseTo(981_173_106_123.456, 2);
  expect(stat('deep').mtimeMs).toBe(-3_600_000);
  expect([stat('secret').mode & 0o7777, stat('deep/tool').mode & 0o7777, stat('deep').mode & 0o7777]).toEqual([
    0o400, 0o551, 0o770,
  ]);
});

test('any name is kept, and sha256sum checks each of them', async () => {
  using w = world();
  const names = [
    'new\nline',
    'back\\slash',
    'cr\rin',
    'end\r',
    '\\',
    ' lead',
    'trail ',
    '*star',
    "quo'te",
    '-dash',
    'ümläut',
  ];
  names.push('tab\t', '\\n', '\x01', 'a\u2028b', '%0A', '💾', '.hidden', '...', '~', '#', '"');
  const bytes = names.map((name) => Buffer.from(name));
  bytes.push(
    Buffer.from([0xff, 0xfe]),
    Buffer.from([0xc3]),
    Buffer.from([0xff, 0x0a, 0x5c, 0x0d]),
    Buffer.alloc(255, 0xe9),
  );
  const src = Buffer.from(`${w.src}/`);
  for (const name of bytes) {
    mkdirSync(Buffer.concat([src, Buffer.from('d-'), name.subarray(0, 250)]));
    writeFileSync(Buffer.concat([src, Buffer.from('d-'), name.subarray(0, 250), Buffer.from('/'), name]), name);
  }
  const { snapshot, troubles } = await w.write();
  expect(troubles).toEqual([]);
  expect(snapshot.files).toBe(bytes.length);
  checkSums(snapshot.path);
  expect(pictureOf(join(snapshot.path, 'data/src')).split('\n').length).toBe(pictureOf(w.src).split('\n').length);
  const second = await w.write();
  expect(second.linkedFiles).toBe(bytes.length);
  checkSums(second.snapshot.path);
});

test('names of one file stay names of one file, across folders and over the next snapshot', async () => {
  using w = world();
  w.file('a/one', 'content');
  mkdirSync(join(w.src, 'b'));
  linkSync(join(w.src, 'a/one'), join(w.src, 'b/two'));
  linkSync(join(w.src, 'a/one'), join(w.src, 'a-three'));
  for (let count = 0; count < 2; count += 1) {
    const { snapshot } = await w.write();
    const inodes = ['src/a/one', 'src/b/two', 'src/a-three'].map((path) => inodeOf(snapshot, path));
    expect(new Set(inodes).size).toBe(1);
    const same = entriesOf(snapshot).flatMap(({ path, sameAs }) => (sameAs === undefined ? [] : [[path, sameAs]]));
    expect(same).toEqual([
      ['src/a/one', 'src/a-three'],
      ['src/b/two', 'src/a-three'],
    ]);
    expect(snapshot).toMatchObject({ files: 3, bytes: 21 });
    checkSums(snapshot.path);
  }
});

test('a sparse file stays sparse, and reads as it did', async () => {
  using w = world();
  const file = w.file('sparse', 'head');
  truncateSync(file, 24 << 20);
  execFileSync('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1000', 'count=3', 'seek=9000', 'conv=notrunc'], {
    stdio: 'ignore',
  });
  const { snapshot } = await w.write();
  const copy = join(snapshot.path, 'data/src/sparse');
  expect(lstatSync(copy)).toMatchObject({ size: 24 << 20 });
  expect(lstatSync(copy).blocks * 512).toBeLessThan(1 << 20);
  expect(execFileSync('cmp', [file, copy]).length).toBe(0);
  checkSums(snapshot.path);
});

test('files around the size of a buffer, and larger than several', async () => {
  using w = world();
  for (const size of [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 17])
    w.file(`${size}`, Buffer.alloc(size, `${size}`));
  const { snapshot } = await w.write();
  checkSums(snapshot.path);
  mustBeAlike(w.src, join(snapshot.path, 'data/src'));
});
