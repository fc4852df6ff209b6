// A config that is read again: what was not edited stays the very same tree, and what comes out is as if nothing were remembered.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ParsedFiles } from '../../../core/config/parsed-files.ts';
import { type Source, readSource } from '../../../core/config/source.ts';
import { entryOf, type Node } from '../../../core/config/tree.ts';
import { testRealm } from './realm.ts';

const ROOT = 'realm.config.yaml';
const read = (root: string, parsed?: ParsedFiles): Promise<Source> =>
  readSource({ file: join(root, ROOT), env: { X: 'x' }, parsed });
const at = ({ tree }: Source, section: string, name: string): Node | undefined =>
  entryOf(entryOf(tree, section)?.value, name)?.value;

test('only what was edited is parsed again', async () => {
  const realm = testRealm({
    [ROOT]: 'include: [a.yaml, b.yaml]',
    'a.yaml': 'files: { a: 1 }',
    'b.yaml': 'files: { b: 2 }',
  });
  const parsed = new ParsedFiles();
  const before = await read(realm.root, parsed);
  realm.write('b.yaml', 'files: { b: 3 }');
  const after = await read(realm.root, parsed);
  expect(at(after, 'files', 'a')).toBe(at(before, 'files', 'a'));
  expect(at(after, 'files', 'b')).toMatchObject({ value: 3 });
});

test('a file that is parsed ahead is not parsed when it is read, unless it was edited once more', async () => {
  const realm = testRealm({ [ROOT]: 'files: { a: 1 }' });
  const parsed = new ParsedFiles();
  const first = await read(realm.root, parsed);
  realm.write(ROOT, 'files: { a: 2 }');
  parsed.ahead(join(realm.root, ROOT));
  realm.write(ROOT, 'files: { a: 1 }');
  const again = await read(realm.root, parsed);
  expect(at(again, 'files', 'a')).toEqual(at(first, 'files', 'a'));
  expect(at(again, 'files', 'a'), 'the text of before had made room').not.toBe(at(first, 'files', 'a'));
});

test('a file of megabytes is not parsed ahead: that would hold up everything else several times', async () => {
  const realm = testRealm({ [ROOT]: 'files: { a: 1 }' });
  const parsed = new ParsedFiles();
  const first = await read(realm.root, parsed);
  realm.write(ROOT, `files: { a: 2 }\n${'# words\n'.repeat(40_000)}`);
  parsed.ahead(join(realm.root, ROOT));
  realm.write(ROOT, 'files: { a: 1 }');
  expect(at(await read(realm.root, parsed), 'files', 'a'), 'nothing took its place').toBe(at(first, 'files', 'a'));
});

test('ahead of what is strange, gone or unreadable nothing happens, and what is gone is forgotten', async () => {
  const realm = testRealm({ [ROOT]: 'include: [a.yaml]', 'a.yaml': 'files: { a: 1 }' });
  const parsed = new ParsedFiles();
  const first = await read(realm.root, parsed);
  const [root, a] = [join(realm.root, ROOT), join(realm.root, 'a.yaml')];
  for (const path of ['/nowhere', realm.root]) parsed.ahead(path);
  rmSync(a);
  symlinkSync('/proc/self/mem', a);
  parsed.ahead(a);
  rmSync(a);
  mkdirSync(a);
  parsed.ahead(a);
  rmSync(a, { recursive: true });
  writeFileSync(a, Buffer.from([0xff, 0xfe, 0xfd]));
  parsed.ahead(a);
  rmSync(a);
  parsed.ahead(a);
  writeFileSync(root, 'include: []');
  await read(realm.root, parsed);
  realm.write('a.yaml', 'files: { a: 1 }');
  writeFileSync(root, 'include: [a.yaml]');
  const last = await read(realm.root, parsed);
  expect(last.tree).toEqual(first.tree);
  expect(at(last, 'files', 'a')).not.toBe(at(first, 'files', 'a'));
});

/** Where lines begin is worked out when it is first asked for. */
const shown = (source: Source): unknown =>
  JSON.parse(JSON.stringify(source, (key, value: unknown) => (key === 'lines' ? undefined : value)));

const NAMES = [ROOT, 'a.yaml', 'b.yaml', 'configs/files/c.yaml'];
const TEXTS = [
  'files: { x: { path: p } }',
  'include: [a.yaml]\nfiles: { y: "${env:X}" }',
  'include: [b.yaml, a.yaml]\nplugins: [file]',
  'include: [configs/files/c.yaml]',
  'path: p\ntext: t',
  'profiles: { p: { files: { x: null } } }\nfiles: { x: &a { path: q }, z: *a }',
  'files: { x: 1, x: 2 }',
  'a: [',
  '',
  '\0',
];

test('whatever is edited, parsed ahead or taken away: as if it were read for the first time', async () => {
  const step = fc.record({
    file: fc.constantFrom(...NAMES),
    text: fc.option(fc.constantFrom(...TEXTS), { nil: undefined }),
    isAhead: fc.boolean(),
  });
  const realm = testRealm({ 'configs/files/.keep': '' });
  const story = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
    for (const name of NAMES) rmSync(join(realm.root, name), { force: true });
    const parsed = new ParsedFiles();
    for (const { file, text, isAhead } of steps) {
      if (text === undefined) rmSync(join(realm.root, file), { force: true });
      else realm.write(file, text);
      if (isAhead) parsed.ahead(join(realm.root, file));
      else expect(shown(await read(realm.root, parsed))).toEqual(shown(await read(realm.root)));
    }
    expect(shown(await read(realm.root, parsed))).toEqual(shown(await read(realm.root)));
  });
  await fc.assert(story, { numRuns: 300 });
});
