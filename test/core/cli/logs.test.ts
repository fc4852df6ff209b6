// realm logs: of the daemon, about one resource, of a run; since when, how many, and as they are written.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunRow } from '../../../core/api/door.ts';
import { colourPaint } from '../../../core/cli/render/colour.ts';
import { logPrinter } from '../../../core/cli/render/log.ts';
import { systemClock } from '../../../core/clock.ts';
import { NOW, play } from './stage.ts';

const at = (agoMs: number): string => new Date(NOW - agoMs).toISOString();
const MINUTE = 60_000;

/** A realm with a daemon's log of yesterday and today. */
function place(): { readonly cwd: string; readonly state: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'realm-logs-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'realm.config.yaml'), 'realm: { name: t }\n');
  return { cwd, state: join(cwd, '.realm') };
}
const entry = (agoMs: number, msg: string, more: object = {}): string =>
  `${JSON.stringify({ level: 'info', time: at(agoMs), pid: 1, plugin: 'kernel', ...more, msg })}\n`;
function daemonLog(state: string): void {
  mkdirSync(join(state, 'logs'), { recursive: true });
  const older = join(state, 'logs/realm-2030-01-30-0001.log');
  writeFileSync(
    older,
    entry(1_500 * MINUTE, 'yesterday', { ref: 'file/a' }) + entry(1_490 * MINUTE, 'still yesterday'),
  );
  utimesSync(older, new Date(NOW - 1_490 * MINUTE), new Date(NOW - 1_490 * MINUTE));
  const today =
    entry(30 * MINUTE, 'ready', { socket: '/s' }) + entry(5 * MINUTE, 'about a', { ref: 'file/a', plugin: 'file' });
  writeFileSync(join(state, 'logs/realm.log'), `${today}half a li`);
}

test('the daemon log as lines, over rotated files', async () => {
  const { cwd, state } = place();
  expect((await play(['logs'], { cwd })).out).toBe(
    'There is no log yet: nothing has watched this realm so far. `realm up` starts that.\n',
  );
  daemonLog(state);
  expect((await play(['logs'], { cwd })).out).toBe(
    `${at(1_500 * MINUTE)} info  kernel file/a  yesterday
${at(1_490 * MINUTE)} info  kernel  still yesterday
${at(30 * MINUTE)} info  kernel  ready socket=/s
${at(5 * MINUTE)} info  file file/a  about a
half a li
`,
  );
  const last = (await play(['logs', '-n', '3'], { cwd })).out.split('\n').map((line) => line.slice(25));
  expect(last).toEqual(['info  kernel  ready socket=/s', 'info  file file/a  about a', '', '']);
  expect((await play(['logs', '-n', '0'], { cwd })).out).not.toContain('ready');
});

test('since a time, about a resource, and as JSON', async () => {
  const { cwd, state } = place();
  daemonLog(state);
  const messages = async (...flags: string[]): Promise<string[]> =>
    (await play(['logs', '--json', ...flags], { cwd })).out
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(await messages('--since', '1h')).toEqual(['ready', 'about a', 'half a li']);
  expect(await messages('--since', '10m')).toEqual(['about a', 'half a li']);
  expect(await messages('--since', at(1_495 * MINUTE))).toEqual(['still yesterday', 'ready', 'about a', 'half a li']);
  const { out } = await play(['logs', 'file/a'], { cwd });
  expect(out.match(/yesterday|about a|ready/g)).toEqual(['yesterday', 'about a']);
  expect((await play(['logs', 'file/b'], { cwd })).out).toBe('The log says nothing about file/b.\n');
  expect(await play(['logs', '--since', 'noon'], { cwd })).toMatchObject({ code: 64 });
});

test('what a run printed, harmless; a run without a log, and none at all', async () => {
  const { cwd, state } = place();
  const dir = join(state, 'run/3f9c');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'exit'), '0              \n');
  expect((await play(['logs', '3f9c'], { cwd })).out).toBe('Run 3f9c printed nothing.\n');
  writeFileSync(
    join(dir, 'log'),
    `one\n${at(5 * MINUTE)} info  two\n  its stack\n\u001b[31mred\u001b[0m \u001b]0;title\u0007\u0008last`,
  );
  expect((await play(['logs', '3f9c'], { cwd })).out).toBe(
    `one\n${at(5 * MINUTE)} info  two\n  its stack\nred \\x08last\n`,
  );
  expect((await play(['logs', '3f9c', '--since', '10m'], { cwd })).out).toMatch(
    /^2030\S+ info {2}two\n {2}its stack\nred/,
  );
  expect((await play(['logs', '3f9c', '-n', '1', '--json'], { cwd })).out).toBe(
    `${JSON.stringify({ line: '\u001b[31mred\u001b[0m \u001b]0;title\u0007\u0008last' })}\n`,
  );
  const runs = async (): Promise<RunRow[]> => [{ id: 'beef', action: 'file.touch' } as RunRow];
  const inline = await play(['logs', 'beef'], { cwd, door: { runs } });
  expect([inline.code, inline.err]).toEqual([
    1,
    expect.stringContaining('has no log of its own: it ran inside Realm, or ended long ago'),
  ]);
  const unknown = await play(['logs', 'beet'], { cwd, door: { runs } });
  expect(unknown.err).toContain('There is no run beet\n  hint: Did you mean `beef`?');
  expect((await play(['logs', '..'], { cwd, door: { runs } })).err).toContain('There is no run ..');
});

test('a run is followed to its end, with what it writes in its last moment', async () => {
  const { cwd, state } = place();
  const dir = join(state, 'run/3f9c');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'log'), 'one\n');
  const said: string[] = [];
  const played = play(['logs', '3f9c', '--follow'], {
    cwd,
    clock: { ...systemClock, now: () => NOW },
    heard: (text) => {
      said.push(text);
      if (text === 'one\n') appendFileSync(join(dir, 'log'), 'two\nthr');
      if (text !== 'two\n') return;
      appendFileSync(join(dir, 'log'), 'ee\nlast words');
      writeFileSync(join(dir, 'exit'), '0              \n');
    },
  });
  expect((await played).code).toBe(0);
  expect(said).toEqual(['one\n', 'two\n', 'three\n', 'last words\n']);
});

test('the daemon log is followed over a rotation, until the reader leaves', async () => {
  const { cwd, state } = place();
  const ending = new AbortController();
  const said: string[] = [];
  const log = join(state, 'logs/realm.log');
  mkdirSync(join(state, 'logs'), { recursive: true });
  writeFileSync(log, entry(MINUTE, 'old'));
  const played = play(['logs', '-f'], {
    cwd,
    signal: ending.signal,
    clock: { ...systemClock, now: () => NOW },
    heard: (text) => {
      said.push(text.trim().split(' ').at(-1)!);
      if (text.includes('old')) {
        rmSync(log);
        writeFileSync(log, entry(0, 'new'));
      } else ending.abort('SIGINT');
    },
  });
  expect((await played).code).toBe(130);
  expect(said).toEqual(['old', 'new']);
});

test('on a terminal: a line for the day, short times, words in colour, a stack below its line', () => {
  let out = '';
  const print = logPrinter('entries', {
    write: (text) => void (out += text),
    isTTY: true,
    columns: 80,
    paint: colourPaint,
  });
  const error = { message: 'x', stack: 'Error: x\n    at y (z.ts:1:2)' };
  print(JSON.stringify({ level: 'error', time: at(0), plugin: 'file', msg: 'broke', error, code: 'E\u001b[2J' }));
  print(JSON.stringify({ level: 'info', time: at(-1_000), plugin: 'file', msg: 'fine' }));
  const plain = out.replaceAll(/\u001b\[\d+m/g, ''); // oxlint-disable-line no-control-regex -- takes the colours away
  expect(plain).toMatch(
    /^2030-\d\d-\d\d \(UTC[^)]*\)\n\d\d:\d\d:00 error file {2}broke code=E\\x1b\[2J\n {4}Error: x\n {4}at y \(z.ts:1:2\)\n\d\d:\d\d:01 info {2}file {2}fine\n$/,
  );
  expect(out).toContain('\u001b[31merror\u001b[39m');
});
