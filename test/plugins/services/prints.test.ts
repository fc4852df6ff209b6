// What watched files look like: read once while they stay as they are, and never trusted too early.
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { printing, printsOf, rememberOnly } from '../../../plugins/services/prints.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'prints-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** Bytes that this process asked the system for. */
const readBytes = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1]);

test('what stays as it is, is read until its times can be trusted, and then no more', () => {
  const dir = folder();
  for (let n = 0; n < 100; n++) writeFileSync(join(dir, `${n}.js`), Buffer.alloc(200_000, n));
  const costOf = (at: number): number => {
    const before = readBytes();
    expect(printsOf([dir], at)).toEqual(first);
    return readBytes() - before;
  };
  const first = printsOf([dir], 10_000);
  expect(costOf(11_000)).toBeGreaterThan(19_000_000);
  expect(costOf(12_500)).toBeGreaterThan(19_000_000);
  expect(costOf(13_500)).toBeLessThan(5_000_000);
  rememberOnly(new Set());
  expect(costOf(14_500)).toBeGreaterThan(19_000_000);
});

test('what is written within one tick of the clock of files is seen', () => {
  const dir = folder();
  const path = join(dir, 'a.js');
  writeFileSync(path, 'one');
  const prints = ['one', 'two', 'six', 'ten'].map((text) => {
    writeFileSync(path, text);
    return printsOf([path], 10_000)[path];
  });
  expect(new Set(prints).size).toBe(4);
});

test('what was trusted is read again when it is another file, or has other content under its old times', () => {
  const dir = folder();
  const path = join(dir, 'a.js');
  writeFileSync(path, 'one');
  const { mtime } = statSync(path);
  const firm = (): string | null => {
    printsOf([path], 10_000);
    return printsOf([path], 13_000)[path]!;
  };
  const one = firm();
  writeFileSync(path, 'two');
  utimesSync(path, mtime, mtime);
  const two = printsOf([path], 14_000)[path]!;
  expect(two).not.toBe(one);
  writeFileSync(`${path}.new`, 'one');
  firm();
  renameSync(`${path}.new`, path);
  expect(printsOf([path], 20_000)[path]).toBe(one);
});

test('a large folder is looked at in parts', () => {
  const dir = folder();
  for (let n = 0; n < 2_000; n++) writeFileSync(join(dir, `${n}.js`), '');
  expect([...printing(dir)].length).toBeGreaterThanOrEqual(8);
});
