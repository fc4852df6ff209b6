// The last words of a service.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lastLines, lengthOf } from '../../../plugins/services/last-lines.ts';

function logWith(text: string | Buffer): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-lines-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'log'), text);
  return join(dir, 'log');
}

test('the last twenty lines of this life, none of an earlier one', () => {
  const log = logWith('an earlier life\n');
  const from = lengthOf(log);
  expect(lastLines(log, from)).toEqual([]);
  appendFileSync(log, Array.from({ length: 30 }, (_, at) => `line ${at}\n\n`).join(''));
  expect(lastLines(log, from)).toEqual(Array.from({ length: 20 }, (_, at) => `line ${at + 10}`));
});

test('a log that somebody emptied, one that is gone, a folder, and a hole in front', () => {
  const log = logWith('new\n');
  expect(lastLines(log, 1_000)).toEqual(['new']);
  expect(lastLines(`${log}.gone`, 0)).toEqual([]);
  expect(lastLines(join(log, '..'), 0)).toEqual([]);
  expect(lastLines(logWith(Buffer.concat([Buffer.alloc(5_000), Buffer.from('after the hole\n')])), 0)).toEqual([
    'after the hole',
  ]);
});

test('a flood in one line is cut, and the first of many is whole or left out', () => {
  expect(lastLines(logWith('x'.repeat(100_000)), 0)[0]?.length ?? 0).toBeLessThanOrEqual(500);
  const lines = lastLines(logWith(`${'y'.repeat(20_000)}\nlast\n`), 0);
  expect(lines).toEqual(['last']);
});
