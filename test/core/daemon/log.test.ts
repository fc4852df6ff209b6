// The daemon's log: levels, masks, rotation that loses nothing, a full disk.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFile } from '../../../core/daemon/log-file.ts';
import { createLogs } from '../../../core/daemon/log.ts';
import { Secret } from '../../../core/schema/schema.ts';

let stateDir: string;
let now: number;
const clock = { now: () => now, after: () => ({ cancel() {} }) };
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'realm-log-'));
  now = Date.parse('2026-11-21T23:00:00Z');
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const files = (): string[] => readdirSync(join(stateDir, 'logs')).toSorted();
const text = (name = 'realm.log'): string => readFileSync(join(stateDir, 'logs', name), 'utf8');
const lines = (name?: string): Record<string, unknown>[] =>
  text(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a line says when, who, about what, and the fields', () => {
  const logs = createLogs({ stateDir, clock });
  logs.log('backup', 'backup/daily').warn('late', { hours: 3, at: new Date(0), deep: { a: [1n] } });
  logs.close();
  expect(lines()).toEqual([
    {
      level: 'warn',
      time: '2026-11-21T23:00:00.000Z',
      pid: process.pid,
      plugin: 'backup',
      ref: 'backup/daily',
      msg: 'late',
      hours: 3,
      at: '1970-01-01T00:00:00.000Z',
      deep: { a: ['1'] },
    },
  ]);
});

test('a level per plugin, in force at once', () => {
  const logs = createLogs({ stateDir, clock });
  const [quiet, chatty] = [logs.log('quiet'), logs.log('chatty')];
  const all = (word: string): void => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) {
      quiet[level](`quiet ${word} ${level}`);
      chatty[level](`chatty ${word} ${level}`);
    }
  };
  all('before');
  logs.configure({ level: 'error', plugins: { chatty: 'debug' } }, (line) => line);
  all('after');
  logs.close();
  const counts = (who: string, word: string): number =>
    lines().filter(({ msg }) => String(msg).startsWith(`${who} ${word}`)).length;
  expect([counts('quiet', 'before'), counts('chatty', 'before')]).toEqual([3, 3]);
  expect([counts('quiet', 'after'), counts('chatty', 'after')]).toEqual([1, 4]);
});

test('a secret is in no line, wherever it stands, also where JSON would escape it', () => {
  const secret = 'pa"ss\nwörd\\';
  const logs = createLogs({ stateDir, clock });
  logs.configure({ level: 'debug', plugins: {} }, (line) => line.replaceAll(secret, '(secret x)'));
  const log = logs.log('p');
  const loop: Record<string, unknown> = { secret };
  loop['again'] = loop;
  const error = Object.assign(new Error(`no login with ${secret}`, { cause: new Error(secret) }), {
    detail: { secret },
  });
  log.info(`in the message: ${secret}`);
  log.info('in fields', { a: secret, [secret]: 1, b: [{ c: `x${secret}y` }], s: new Secret('named'), f: () => secret });
  log.error('in an error', { error });
  log.debug('in a loop', loop);
  logs.close();
  expect(lines()).toHaveLength(4);
  expect(text()).not.toContain('wörd');
  expect(text()).toContain('(secret named)');
  expect(lines()[2]).toMatchObject({
    error: { message: 'no login with (secret x)', detail: { secret: '(secret x)' } },
  });
});

test('rotation by size and by day loses no line, keeps order, and keeps only the newest files', () => {
  const path = join(stateDir, 'logs', 'realm.log');
  const log = new LogFile({ path, clock, largestBytes: 1_000, keep: 100 });
  for (let n = 0; n < 500; n++) {
    if (n === 250) now += 2 * 3_600_000;
    log.write(`line ${n}\n`);
  }
  log.close();
  const all = files().filter((name) => name !== 'realm.log');
  expect(all.some((name) => name.startsWith('realm-2026-11-21-'))).toBe(true);
  expect(all.some((name) => name.startsWith('realm-2026-11-22-'))).toBe(true);
  const read = [...all, 'realm.log'].map((name) => text(name)).join('');
  expect(read).toBe(Array.from({ length: 500 }, (_, n) => `line ${n}\n`).join(''));
  const fewer = new LogFile({ path, clock, largestBytes: 10, keep: 3 });
  for (let n = 0; n < 20; n++) fewer.write(`more ${n}\n`);
  fewer.close();
  expect(files()).toHaveLength(4);
  expect(text()).toContain('more 19');
});

test('a file from yesterday is put aside by the next start', () => {
  const path = join(stateDir, 'logs', 'realm.log');
  now = Date.now(); // the age of a file is the system's word
  const first = new LogFile({ path, clock });
  first.write('old\n');
  first.close();
  now += 2 * 86_400_000;
  const second = new LogFile({ path, clock });
  second.write('new\n');
  second.close();
  expect(text()).toBe('new\n');
  expect(files()).toHaveLength(2);
});

test('on a full disk nobody is thrown at, and the lines that were lost are counted once there is room', () => {
  const path = join(stateDir, 'logs', 'realm.log');
  mkdirSync(join(stateDir, 'logs'));
  symlinkSync('/dev/full', path); // every write fails with ENOSPC
  const log = new LogFile({ path, clock });
  log.write('lost\n');
  log.write('lost\n');
  rmSync(path);
  log.write('fine\n');
  log.write('fine again\n');
  log.close();
  const [gap, ...rest] = text().trim().split('\n');
  expect(JSON.parse(gap!)).toMatchObject({ level: 'warn', msg: '2 lines could not be written' });
  expect(rest).toEqual(['fine', 'fine again']);
});
