// Lines of entries: whatever is written is read back the same, and what is not whole is refused.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byBytes, fromBytes, fromText } from '../../../../plugins/backup/byte-text.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import { decodeEntry, encodeEntry, readEntries } from '../../../../plugins/backup/tree/entries-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'realm-entries-'));
const part = fc
  .uint8Array({ minLength: 1, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte))))
  .filter((bytes) => !['.', '..'].includes(bytes.toString('latin1')));
const path = fc
  .array(part, { minLength: 1, maxLength: 4 })
  .map((parts) => fromBytes(Buffer.concat(parts.flatMap((one, at) => (at === 0 ? [one] : [Buffer.from('/'), one])))));
const common = fc.record({
  path,
  size: fc.nat(),
  mode: fc.nat({ max: 0o7777 }),
  uid: fc.nat(),
  gid: fc.nat(),
  mtimeNs: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 19n }).map(String),
  ctimeNs: fc.bigInt({ min: 0n, max: 10n ** 19n }).map(String),
  inode: fc.maxSafeNat(),
  device: fc.nat(),
});
const kind = fc.oneof(
  fc.constant({ type: 'folder' as const }),
  path.map((target) => ({ type: 'link' as const, target })),
  fc
    .tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.option(path), fc.boolean())
    .map(([bytes, sameAs, isRacy]) => ({
      type: 'file' as const,
      sha256: Buffer.from(bytes).toString('hex'),
      ...(sameAs !== null && { sameAs }),
      ...(isRacy && { isRacy }),
    })),
);
const entry: fc.Arbitrary<Entry> = fc.tuple(common, kind).map(([one, other]) => ({ ...one, ...other }));

test('any entry is read back as it was written', () => {
  fc.assert(
    fc.property(entry, (one) => {
      expect(decodeEntry(encodeEntry(one))).toEqual(one);
      expect(encodeEntry(one)).not.toContain('\n');
    }),
  );
});

test('a file of entries is read bit by bit, in order, with or without its last line end', () => {
  const file = join(folder, 'entries.jsonl');
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: (one) => one.path, maxLength: 40 }), fc.boolean(), (all, isEnded) => {
      const sorted = all.toSorted((one, other) => byBytes(one.path, other.path));
      const text = sorted.map(encodeEntry).join('\n');
      writeFileSync(file, isEnded && text !== '' ? `${text}\n` : text);
      expect([...readEntries(file)]).toEqual(sorted);
    }),
    { numRuns: 50 },
  );
});

test('lines longer than a chunk of the file are read whole', () => {
  const file = join(folder, 'long.jsonl');
  const base = decodeEntry('{"p":"a","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}');
  const all = ['a', 'b', 'c'].map((name) => ({ ...base, path: fromText(name + 'ü'.repeat(300_000)) }));
  writeFileSync(file, `${all.map(encodeEntry).join('\n')}\n`);
  expect([...readEntries(file)]).toEqual(all);
});

test.each([
  ['', 'no JSON'],
  ['null', 'nothing'],
  ['[]', 'no path'],
  ['{"p":"a","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1', 'half a line'],
  ['{"p":"../a","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'a path that leads out'],
  [
    '{"p":"a/../../b","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}',
    'one that does in the middle',
  ],
  ['{"p":"/etc","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'an absolute one'],
  ['{"p":"a//b","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'an empty part'],
  ['{"p":"a/","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'an empty last part'],
  ['{"p":"a\\u0000","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'a NUL'],
  ['{"p":"a","t":"x","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'an unknown type'],
  ['{"p":"a","t":"f","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'a file without a digest'],
  ['{"p":"a","t":"l","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'a link to nowhere'],
  ['{"p":"a","t":"d","s":-1,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}', 'a negative size'],
  ['{"p":"a","t":"d","s":0,"m":1,"u":0,"g":0,"mt":1,"ct":"1","ino":1,"dev":1}', 'a time as a number'],
])('refuses %s: %s', (line) => {
  expect(() => decodeEntry(line)).toThrow(/./);
});

test('names the line that cannot be read, and one that is out of order', () => {
  const file = join(folder, 'bad.jsonl');
  const [a, b] = ['a', 'b'].map(
    (name) => `{"p":"${name}","t":"d","s":0,"m":1,"u":0,"g":0,"mt":"1","ct":"1","ino":1,"dev":1}`,
  );
  writeFileSync(file, `${a}\n{"p":`);
  expect(() => [...readEntries(file)]).toThrow(/bad\.jsonl:2/);
  writeFileSync(file, `${b}\n${a}\n`);
  expect(() => [...readEntries(file)]).toThrow(/bad\.jsonl:2 is out of order/);
});
