// Rotation under writers that never notice: no line lost, none twice, wherever it is killed.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { logNow, piecesBeside } from '../../../../plugins/services/log/pieces.ts';
import { LogReader } from '../../../../plugins/services/log/read.ts';
import { finishRotation, rotate, tryPunching, turnOver } from '../../../../plugins/services/log/rotate.ts';

const today = '2030-01-31';
const KEEP_ALL = { keep: 100_000, today };

function logFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'realm-rotate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'web.log');
}

const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `line ${from + at}\n`).join('');

function linesOf(log: string): string[] {
  const reader = new LogReader(log);
  const lines: string[] = [];
  for (let more = reader.read(); more !== undefined; more = reader.read()) for (const line of more) lines.push(line);
  return [...lines, ...reader.rest()];
}

test('what is too long is cut into pieces at line ends; all of it is still there, and the file is no longer on the disk', async () => {
  const log = logFile();
  writeFileSync(log, numbered(0, 100_000));
  const { size, ino } = statSync(log);
  expect(await rotate(log, { sizeBytes: 64 * 1024, ...KEEP_ALL })).toBe(Math.floor(size / (64 * 1024)));
  expect(statSync(log)).toMatchObject({ size, ino });
  expect(statSync(log).blocks * 512).toBeLessThan(128 * 1024);
  expect(linesOf(log)).toEqual(numbered(0, 100_000).split('\n').slice(0, -1));
  for (const file of piecesBeside(log)) {
    const text = readFileSync(join(log, '..', file), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    expect(text.length).toBeLessThanOrEqual(64 * 1024);
  }
});

test('each day begins with an empty log; half a line waits for its end', async () => {
  const log = logFile();
  writeFileSync(log, 'of the old day\nhal');
  const options = { sizeBytes: 1_000_000, keep: 5 };
  const first = new Date(statSync(log).birthtimeMs).toISOString().slice(0, 10);
  expect(await rotate(log, { ...options, today: first })).toBe(0);
  expect(await rotate(log, { ...options, today: '2030-01-31' })).toBe(1);
  expect(piecesBeside(log)).toEqual([`web.log.000001.${first}`]);
  appendFileSync(log, 'f\n');
  expect(await rotate(log, { ...options, today: '2030-01-31' })).toBe(0);
  expect(await rotate(log, { ...options, today: '2030-02-01' })).toBe(1);
  // A day without a word makes no piece, and what follows is not counted for it.
  expect(await rotate(log, { ...options, today: '2030-02-02' })).toBe(0);
  appendFileSync(log, 'new\n');
  expect(await rotate(log, { ...options, today: '2030-02-02' })).toBe(0);
  expect(linesOf(log)).toEqual(['of the old day', 'half', 'new']);
});

test('as many pieces are kept as asked for, none with 0', async () => {
  const log = logFile();
  writeFileSync(log, numbered(0, 10_000));
  await rotate(log, { sizeBytes: 10_000, keep: 2, today });
  expect(piecesBeside(log)).toHaveLength(2);
  const lines = linesOf(log);
  expect(lines.at(-1)).toBe('line 9999');
  expect(lines).toEqual(Array.from({ length: lines.length }, (_, at) => `line ${10_000 - lines.length + at}`));
  await rotate(log, { sizeBytes: 5_000, keep: 0, today });
  expect(piecesBeside(log)).toEqual([]);
});

test.each(['log.copy:before', 'log.copy:after', 'log.rotate:before', 'log.rotate:after', 'log.punch:after'])(
  'ended at %s, every line is there once',
  async (point) => {
    const log = logFile();
    writeFileSync(log, numbered(0, 5_000));
    const options = { sizeBytes: 16_000, ...KEEP_ALL };
    for (let left = 3; left > 0; left--) {
      const crash = (name: string): void => {
        if (name === point) throw new Error('killed');
      };
      await expect(rotate(log, { ...options, crash })).rejects.toThrow('killed');
      expect(linesOf(log)).toHaveLength(5_000);
    }
    await rotate(log, options);
    await finishRotation(log);
    expect(linesOf(log)).toEqual(numbered(0, 5_000).split('\n').slice(0, -1));
    expect(statSync(log).blocks * 512).toBeLessThan(40_000);
  },
);

test('a disk without room: nothing is rotated, nothing is lost, and it says why', async () => {
  const log = logFile();
  writeFileSync(log, numbered(0, 1_000));
  const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  const crash = (name: string): void => {
    if (name === 'log.copy:before') throw full;
  };
  await expect(rotate(log, { sizeBytes: 100, ...KEEP_ALL, crash })).rejects.toBe(full);
  expect(piecesBeside(log)).toEqual([]);
  expect(linesOf(log)).toHaveLength(1_000);
});

test('a log that somebody emptied while it was copied keeps what came after', async () => {
  const log = logFile();
  writeFileSync(log, numbered(0, 1_000));
  const crash = (name: string): void => {
    if (name !== 'log.copy:after') return;
    truncateSync(log, 0);
    appendFileSync(log, 'after\n');
  };
  await rotate(log, { sizeBytes: 5_000, ...KEEP_ALL, crash });
  expect(linesOf(log)).toEqual(['after']);
  expect(logNow(log)?.known.start).toBe(0);
});

test('where holes cannot be made nothing is copied; the next start turns the whole log over', async () => {
  const log = logFile();
  writeFileSync(log, numbered(0, 1_000));
  const unable = (): Promise<void> => Promise.reject(new Error('Operation not supported'));
  await expect(tryPunching(log, unable)).rejects.toThrow('not supported');
  await tryPunching(log);
  expect(readdirSync(join(log, '..'))).toEqual(['web.log']);
  const options = { sizeBytes: 5_000, keep: 2, today };
  expect(turnOver(log, { ...options, sizeBytes: 50_000 })).toBe(false);
  for (let from = 1_000; from <= 3_000; from += 1_000) {
    const reader = new LogReader(log, 0);
    expect(reader.read()).toHaveLength(1_000);
    expect(turnOver(log, options)).toBe(true);
    appendFileSync(log, numbered(from, from + 1_000));
    expect(reader.read()).toHaveLength(1_000);
  }
  expect(linesOf(log)).toEqual(numbered(1_000, 4_000).trim().split('\n'));
});

test('a line that never ends is cut, and read as one', async () => {
  const log = logFile();
  writeFileSync(log, 'x'.repeat(50_000));
  await rotate(log, { sizeBytes: 10_000, ...KEEP_ALL });
  expect(piecesBeside(log)).toHaveLength(4);
  expect(linesOf(log).join('')).toBe('x'.repeat(50_000));
});

test('two writers in full flood and a reader that follows: nothing lost, nothing twice', async () => {
  const log = logFile();
  const lines = 60_000;
  const script = `i=0; while [ $i -lt ${lines} ]; do echo "$0 $i ${'x'.repeat(150)}"; i=$((i+1)); done >>"$1"`;
  writeFileSync(log, '');
  const reader = new LogReader(log);
  const followed: string[] = [];
  const writers = ['a', 'b'].map((name) => spawn('/bin/sh', ['-c', script, name, log], { stdio: 'ignore' }));
  const alive = new Set(writers);
  for (const writer of writers) writer.once('exit', () => alive.delete(writer));
  let pieces = 0;
  const follow = (): void => {
    for (let more = reader.read(); more !== undefined; more = reader.read()) followed.push(...more);
  };
  while (alive.size > 0) {
    pieces += await rotate(log, { sizeBytes: 512 * 1024, ...KEEP_ALL });
    if (pieces % 3 === 0) follow(); // it falls behind on purpose: what it is about to read may be a hole by then
    await new Promise(setImmediate);
  }
  follow();
  expect(pieces).toBeGreaterThan(10);
  for (const found of [followed, linesOf(log)]) {
    for (const name of ['a', 'b']) {
      const numbers = found.filter((line) => line.startsWith(`${name} `)).map((line) => line.split(' ')[1]);
      expect(numbers).toEqual(Array.from({ length: lines }, (_, at) => String(at)));
    }
  }
}, 240_000);
