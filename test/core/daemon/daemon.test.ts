// A daemon as a real process: it starts, hears of edits, answers, stops in order, is replaced, is killed and succeeded.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import { connectDoor } from '../../../core/daemon/client.ts';
import { daemonOutput, startDetached, stopHolder } from '../../../core/daemon/detach.ts';
import { read } from '../../../core/daemon/lease.ts';

const CHILD = new URL('./daemon-child.ts', import.meta.url).pathname;
let folder: string;
let stateDir: string;
let notes: string;
let children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'realm-daemon-'));
  stateDir = join(folder, '.realm');
  notes = join(folder, 'notes');
  mkdirSync(join(folder, 'plugin'));
  writeFileSync(join(folder, 'realm.config.yaml'), 'one');
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  children = [];
  const left = await read(stateDir, systemClock);
  if (left !== undefined) process.kill(left.pid, 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const command = (mode = ''): [string, ...string[]] => [process.execPath, CHILD, stateDir, notes, folder, mode];
function begin(mode?: string): ChildProcess {
  const [program, ...words] = command(mode);
  const child = spawn(program, words, { stdio: ['ignore', 'inherit', 'pipe'] });
  children.push(child);
  return child;
}
const noted = (): string[] => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []);
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = systemClock.now() + 60_000;
  while (!(await what())) {
    if (systemClock.now() > deadline)
      throw new Error(`waited too long for ${String(what)}; noted: ${noted().join(' | ')}`);
    await sleep(systemClock, 5);
  }
}
const hasNoted = (line: string | RegExp) => (): boolean =>
  noted().some((text) => (typeof line === 'string' ? text === line : line.test(text)));
const exitOf = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
};

test('edits are heard, an invalid one is told and survived, and SIGTERM ends it in order', async () => {
  const child = begin();
  await until(hasNoted(/^ready /));
  const door = (await connectDoor(stateDir))!;
  expect(door.holder).toMatchObject({ pid: child.pid, purpose: 'daemon' });
  const config = join(folder, 'realm.config.yaml');
  writeFileSync(config, 'two');
  await until(hasNoted('reload "two"'));
  writeFileSync(config, 'bad');
  await until(hasNoted('invalid'));
  expect(await door.reload()).toMatchObject({ ok: false, code: 'CONFIG_INVALID', message: 'it says bad' });
  expect(await door.overrides()).toHaveLength(1);
  writeFileSync(`${config}~`, 'three');
  renameSync(`${config}~`, config);
  await until(hasNoted('reload "three"'));
  writeFileSync(join(folder, 'motd'), 'x');
  await until(hasNoted(`touched ${join(folder, 'motd')}`));
  const before = noted().length;
  writeFileSync(join(folder, 'plugin', 'index.ts'), '// edited');
  await until(() => noted().length > before);
  await door.close();
  child.kill('SIGTERM');
  expect(await exitOf(child)).toBe(0);
  expect(noted().slice(-2)).toEqual([
    'stop 10000 SIGTERM',
    'end {"reason":"SIGTERM","signal":"SIGTERM","isClean":true}',
  ]);
  expect(await read(stateDir, systemClock)).toBeUndefined();
  expect(existsSync(join(stateDir, 'realm.sock'))).toBe(false);
  expect(existsSync(join(stateDir, 'daemon.json'))).toBe(false);
  expect(readFileSync(join(stateDir, 'logs', 'realm.log'), 'utf8')).toContain('"msg":"stopped"');
});

test.each([
  ['SIGHUP', 'SIGHUP'],
  ['room for an edit that waited', 'SIGUSR2'],
] as const)('%s: the config is read again', async (_, signal) => {
  const child = begin();
  await until(hasNoted(/^ready /));
  const before = noted().length;
  child.kill(signal);
  await until(() => noted().length > before);
  expect(noted().at(-1)).toBe('reload "one"');
});

test('who asks to read the config again while it begins is heard, once it has begun', async () => {
  const child = begin('long-start');
  await until(hasNoted('start'));
  const door = (await connectDoor(stateDir))!;
  child.kill('SIGHUP');
  const logged = (): string => readFileSync(join(stateDir, 'logs', 'realm.log'), 'utf8');
  await until(() => existsSync(join(stateDir, 'logs', 'realm.log')) && logged().includes('SIGHUP'));
  const asked = door.reload();
  await door.overrides(); // by now it has been heard too
  writeFileSync(join(folder, 'go'), '');
  expect(await asked).toEqual({ ok: true });
  await until(hasNoted(/^ready /));
  expect(noted().slice(0, 3)).toEqual(['start', 'started', 'reload "one"']);
  expect(noted().filter((line) => line === 'reload "one"')).toHaveLength(3); // one of them for what it did not watch yet
  await door.close();
});

test('a second signal does not wait for a slow stop', async () => {
  const child = begin('slow');
  await until(hasNoted(/^ready /));
  child.kill('SIGINT');
  await until(hasNoted('stop 60000 SIGINT'));
  child.kill('SIGINT');
  expect(await exitOf(child)).toBe(1);
  expect(noted().at(-1)).toBe('end {"reason":"SIGINT","signal":"SIGINT","isClean":false}');
  expect(await read(stateDir, systemClock)).toBeUndefined();
});

test('killed with -9, the next start takes over lease and socket', async () => {
  const first = begin();
  await until(hasNoted(/^ready /));
  first.kill('SIGKILL');
  await exitOf(first);
  expect(existsSync(join(stateDir, 'realm.sock'))).toBe(true);
  expect(await connectDoor(stateDir)).toBeUndefined();
  const second = begin();
  await until(async () => (await read(stateDir, systemClock))?.pid === second.pid);
  const door = (await connectDoor(stateDir))!;
  expect(door.holder.pid).toBe(second.pid);
  await door.close();
});

test('a second daemon waits for the first, and takes over when that one stops', async () => {
  const first = begin();
  await until(hasNoted(/^ready /));
  const impatient = begin('no-wait');
  expect(await exitOf(impatient)).toBe(75);
  const second = begin();
  await stopHolder({ stateDir, clock: systemClock, reason: 'replaced' });
  expect(await exitOf(first)).toBe(0);
  await until(async () => (await read(stateDir, systemClock))?.pid === second.pid);
  expect(noted()).toContain('stop 10000 replaced');
});

test('a config that cannot be opened leaves no lease and no socket', async () => {
  const child = begin('broken');
  expect(await exitOf(child)).toBe(75);
  expect(await read(stateDir, systemClock)).toBeUndefined();
  expect(existsSync(join(stateDir, 'realm.sock'))).toBe(false);
});

test('a lease that somebody deletes ends the daemon', async () => {
  const child = begin();
  await until(hasNoted(/^ready /));
  rmSync(join(stateDir, 'lease.json'));
  expect(await exitOf(child)).toBe(0); // at its next heartbeat
  expect(noted().at(-1)).toContain('was deleted or replaced while it was held');
});

const detached = (mode = '') => ({
  stateDir,
  command: command(mode),
  cwd: folder,
  env: { PATH: process.env['PATH'] },
  clock: systemClock,
});

test('up: a daemon in a session of its own; a second up finds it; down ends it', async () => {
  const { holder, isNew } = await startDetached(detached());
  expect(isNew).toBe(true);
  const stat = readFileSync(`/proc/${holder.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  expect(stat[3]).toBe(String(holder.pid)); // its own session, which no terminal's end reaches
  expect(await startDetached(detached())).toMatchObject({ holder: { pid: holder.pid }, isNew: false });
  expect(await stopHolder({ stateDir, clock: systemClock, reason: 'down' })).toMatchObject({ pid: holder.pid });
  expect(await stopHolder({ stateDir, clock: systemClock, reason: 'down' })).toBeUndefined();
  expect(noted()).toContain('stop 10000 down');
});

test('up: a daemon that is too busy to answer at once is waited for', async () => {
  const { holder } = await startDetached({ ...detached('busy'), patienceMs: 60_000 });
  expect(noted()).toContain('start');
  process.kill(holder.pid, 'SIGKILL');
});

test('up inside a run or a service: the daemon is no part of it', async () => {
  const env = { ...detached().env, REALM_TOKEN: 'runA1', _realm_dir: '/x', MINE: 'kept' };
  const { holder } = await startDetached({ ...detached(), env });
  const names = readFileSync(`/proc/${holder.pid}/environ`, 'utf8')
    .split('\0')
    .map((pair) => pair.split('=')[0]!);
  expect(names).toContain('MINE');
  expect(names.filter((name) => /realm/i.test(name))).toEqual([]);
  await stopHolder({ stateDir, clock: systemClock, reason: 'down' });
});

test('up: a daemon that dies at the start is told with its last words, not with those of earlier starts', async () => {
  mkdirSync(join(stateDir, 'logs'), { recursive: true });
  writeFileSync(daemonOutput(stateDir), 'an old line\n');
  const error = await startDetached(detached('broken')).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'DAEMON_START_FAILED' });
  expect(String(error)).toContain('it exited with 75');
  expect(String(error)).toContain('line 3 is wrong');
  expect(String(error)).not.toContain('an old line');
});

test('up: a program that does not exist is told', async () => {
  const starting = startDetached({ ...detached(), command: ['/nonexistent/node', 'x'] });
  await expect(starting).rejects.toThrow(/cannot be started: .*ENOENT/);
});

test('down: who neither hears nor obeys is named', async () => {
  const child = begin('slow');
  await until(hasNoted(/^ready /));
  child.kill('SIGSTOP');
  const error = await stopHolder({ stateDir, clock: systemClock, reason: 'down', patienceMs: 300 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'DAEMON_STILL_ALIVE' });
  expect(String(error)).toContain(`process ${child.pid} (daemon)`);
});
