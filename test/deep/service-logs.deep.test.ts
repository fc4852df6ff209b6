// A flood of 300 MB through rotation: no line lost, none twice, and the disk holds what was asked for.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LogReader } from '../../plugins/services/log/read.ts';
import { rotate } from '../../plugins/services/log/rotate.ts';

const WRITERS = ['a', 'b', 'c'];
const LINES = 1_000_000;
/** Writes whole lines, many at once, as fast as it can. */
const FLOOD = `
  const { writeSync } = require('node:fs');
  const [name, lines] = process.argv.slice(1);
  for (let at = 0; at < lines;) {
    let text = '';
    for (const end = Math.min(lines, at + 500); at < end; at++) text += name + ' ' + at + ' ' + 'x'.repeat(90) + '\\n';
    writeSync(1, text);
  }
`;

test('300 MB of three writers, with pieces of 10 MiB and a reader that follows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-flood-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'flood.log');
  writeFileSync(log, '');
  const output = WRITERS.map((name) =>
    spawn('/bin/sh', ['-c', 'exec "$0" -e "$1" "$2" "$3" >>"$4"', process.execPath, FLOOD, name, String(LINES), log]),
  );
  const alive = new Set(output);
  for (const writer of output) writer.once('exit', () => alive.delete(writer));
  const followed = counter();
  const reader = new LogReader(log);
  const options = { sizeBytes: 10 * 1024 ** 2, keep: 1_000, today: '2030-01-31' };
  while (alive.size > 0) {
    await rotate(log, options);
    for (let reads = 0; reads < 200; reads++) followed.take(reader.read() ?? []);
  }
  for (let lines = reader.read(); lines !== undefined; lines = reader.read()) followed.take(lines);
  await rotate(log, options);
  const afterwards = counter();
  const whole = new LogReader(log);
  for (let lines = whole.read(); lines !== undefined; lines = whole.read()) afterwards.take(lines);
  expect(statSync(log).size).toBeGreaterThan(299_000_000);
  expect(statSync(log).blocks * 512).toBeLessThan(20 * 1024 ** 2);
  for (const { next, wrong } of [followed, afterwards]) {
    expect(wrong).toEqual([]);
    expect(Object.fromEntries(next)).toEqual(Object.fromEntries(WRITERS.map((name) => [name, LINES])));
  }
}, 300_000);

/** Of each writer the lines have to come in their order, each once. */
function counter() {
  const next = new Map<string, number>();
  const wrong: string[] = [];
  const take = (lines: readonly string[]): void => {
    for (const line of lines) {
      const [name = '', at] = line.split(' ', 2);
      if (Number(at) !== (next.get(name) ?? 0)) wrong.push(line.slice(0, 40));
      next.set(name, Number(at) + 1);
    }
  };
  return { next, wrong, take };
}
