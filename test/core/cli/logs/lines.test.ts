// Lines of a log that grows, is cut back and replaced, held against a reader that has all the time in the world.
import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { lastLines, LineReader } from '../../../../core/cli/logs/lines.ts';

function logFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-lines-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'log');
}

function all(reader: LineReader): string[] {
  const lines: string[] = [];
  for (let next = reader.read(); next !== undefined; next = reader.read()) lines.push(...next);
  return lines;
}

const text = fc.string({ unit: 'grapheme', maxLength: 300 }).map((line) => line.replaceAll(/[\r\n]/g, ' '));
const pieces = fc.array(fc.oneof(text, fc.constant('\n'), fc.constant(`${'long '.repeat(30_000)}\n`)), {
  maxLength: 30,
});

test('whatever the pieces in which it is written, the lines are the same', () => {
  fc.assert(
    fc.property(pieces, (written) => {
      const path = logFile();
      const reader = new LineReader(path);
      const lines: string[] = [];
      for (const piece of written) {
        appendFileSync(path, piece);
        lines.push(...all(reader));
      }
      lines.push(...reader.rest());
      reader.close();
      const expected = written.join('').split('\n');
      if (expected.at(-1) === '') expected.pop();
      expect(lines.join('')).toBe(expected.join('')); // a very long line comes in pieces
      if (!written.some((piece) => piece.length > 60_000)) expect(lines).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('the last lines are found from the end as well as from the start', () => {
  fc.assert(
    fc.property(pieces, fc.nat(40), (written, count) => {
      const path = logFile();
      writeFileSync(path, written.join(''));
      const lines = written.join('').split('\n');
      if (lines.at(-1) === '') lines.pop();
      const { from, found } = lastLines(path, count);
      const shown = readFileSync(path).subarray(from).toString().split('\n');
      if (shown.at(-1) === '') shown.pop();
      expect(shown).toEqual(count === 0 ? [] : lines.slice(-count));
      expect(found).toBe(shown.length);
    }),
    { numRuns: 60 },
  );
});

test('a file that is cut back is read from its new start, one that is replaced from its first line', () => {
  const path = logFile();
  const reader = new LineReader(path);
  expect(reader.read()).toBeUndefined(); // not there yet
  writeFileSync(path, 'one\ntwo\nhal');
  expect(all(reader)).toEqual(['one', 'two']);
  truncateSync(path, 0);
  appendFileSync(path, 'f\n');
  expect(all(reader)).toEqual(['half']);
  appendFileSync(path, 'last of the old');
  renameSync(path, `${path}.old`);
  writeFileSync(path, 'first of the new\n');
  expect(all(reader)).toEqual(['last of the old', 'first of the new']);
  rmSync(path);
  expect(reader.read()).toBeUndefined();
  reader.close();
});

test('a character that two writes split is whole', () => {
  const path = logFile();
  const bytes = Buffer.from('größe 日本\n');
  const reader = new LineReader(path);
  const lines = [...bytes].flatMap((byte) => {
    appendFileSync(path, Buffer.from([byte]));
    return all(reader);
  });
  expect(lines).toEqual(['größe 日本']);
  reader.close();
});
