// New files never replace somebody's own, and come all or not at all.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeNew } from '../../../core/scaffold/write.ts';
import { refusal } from '../registry/loaded.ts';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const folder = (): string => {
  made.push(mkdtempSync(join(tmpdir(), 'realm-write-')));
  return made.at(-1)!;
};
const all = (root: string) => readdirSync(root, { recursive: true }).map(String).sort();

test('files are written with their folders', () => {
  const root = folder();
  const ends = writeNew(root, [
    { path: 'a/b/c.txt', text: 'c' },
    { path: 'd.txt', text: 'd' },
  ]);
  expect(ends).toEqual({ written: ['a/b/c.txt', 'd.txt'], kept: [] });
  expect(readFileSync(join(root, 'a/b/c.txt'), 'utf8')).toBe('c');
});

test('a file in the way refuses everything, and every one of them is named', () => {
  const root = folder();
  writeFileSync(join(root, 'b'), 'mine');
  mkdirSync(join(root, 'c'));
  const error = refusal(() =>
    writeNew(
      root,
      ['a', 'b', 'c'].map((path) => ({ path, text: 'new' })),
    ),
  );
  expect([error.code, error.message]).toEqual(['SCAFFOLD_EXISTS', `Already there: b, c in ${root}.`]);
  expect(all(root)).toEqual(['b', 'c']);
  expect(readFileSync(join(root, 'b'), 'utf8')).toBe('mine');
});

test('what may be there is kept; lists get only the lines they lack', () => {
  const root = folder();
  writeFileSync(join(root, 'tsconfig.json'), 'mine');
  writeFileSync(join(root, '.gitignore'), 'dist/\r\n  .realm/  \r\n*.log');
  writeFileSync(join(root, '.full'), 'x\n');
  const ends = writeNew(root, [
    { path: 'tsconfig.json', text: 'theirs', existing: 'keep' },
    { path: '.gitignore', text: '.realm/\nstatus/\n', existing: 'add-lines' },
    { path: '.full', text: 'x\n', existing: 'add-lines' },
  ]);
  expect(ends).toEqual({ written: ['.gitignore'], kept: ['tsconfig.json', '.full'] });
  expect(readFileSync(join(root, 'tsconfig.json'), 'utf8')).toBe('mine');
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('dist/\r\n  .realm/  \r\n*.log\nstatus/\n');
});

test('when one cannot be written, those before it are taken away again, folders included', () => {
  const root = folder();
  symlinkSync('/nowhere/at/all', join(root, 'dangling')); // looks absent, cannot be made
  const error = refusal(() =>
    writeNew(root, [
      { path: 'new/one', text: '1' },
      { path: 'two', text: '2' },
      { path: 'dangling', text: '3' },
    ]),
  );
  expect(error.code).toBe('SCAFFOLD_FAILED');
  expect(all(root)).toEqual(['dangling']);
});

test('a file where a folder should be is in the way', () => {
  const root = folder();
  writeFileSync(join(root, 'plugins'), 'a file');
  expect(refusal(() => writeNew(root, [{ path: 'plugins/x/index.ts', text: '' }])).code).toBe('SCAFFOLD_EXISTS');
});
