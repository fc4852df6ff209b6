// SIGHUP: the daemon of `realm up` reads its config again; a watch in front ends in order when its terminal is closed.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HANGS_MS, isRunning, realm, SOON_MS, tempRealm, until, watch } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const bin = join(import.meta.dirname, '../../bin/realm');
const CONFIG = 'plugins: [file]\nfiles:\n  motd: { path: motd.txt, text: hi }\n';
/** It begins with the first line that is written, which may be after the daemon answers. */
function log(dir: string): string {
  const path = join(dir, '.realm/logs/realm.log');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
const holderOf = async (dir: string): Promise<number> =>
  (JSON.parse(await readFile(join(dir, '.realm/lease.json'), 'utf8')) as { pid: number }).pid;

test('a watch whose terminal is closed ends in order, and its log says why', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  const terminal = spawn('script', ['-qec', `exec '${process.execPath}' '${bin}' watch --yes`, '/dev/null'], {
    cwd: dir,
  });
  onTestFinished(() => void terminal.kill('SIGKILL'));
  let out = '';
  terminal.stdout.on('data', (data) => (out += String(data)));
  await until(
    () => out.includes('until Ctrl-C'),
    HANGS_MS,
    'the watch to be ready',
    () => out,
  );
  const pid = await holderOf(dir);
  process.kill(pid, 'SIGHUP'); // somebody's word, with the terminal still open
  await until(
    () => log(dir).includes('SIGHUP: the config is read again'),
    SOON_MS,
    'a reload',
    () => log(dir),
  );
  expect(isRunning(pid)).toBe(true);
  terminal.kill('SIGKILL');
  await until(
    () => !isRunning(pid),
    HANGS_MS,
    'the watch to end',
    () => log(dir),
  );
  expect(log(dir)).toMatch(/"reason":"the terminal was closed","isClean":true/);
  for (const left of ['lease.json', 'realm.sock']) expect(existsSync(join(dir, '.realm', left))).toBe(false);
});

test('a daemon of `realm up` outlives every hangup, and reloads at a HUP that is sent to it', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  const shell = spawn('script', ['-qec', `'${process.execPath}' '${bin}' up --yes; exec sleep 60`, '/dev/null'], {
    cwd: dir,
  });
  onTestFinished(() => void shell.kill('SIGKILL'));
  let out = '';
  shell.stdout.on('data', (data) => (out += String(data)));
  await until(
    () => out.includes('keeps the realm true'),
    HANGS_MS,
    'the daemon',
    () => out,
  );
  const pid = await holderOf(dir);
  shell.kill('SIGKILL');
  process.kill(pid, 'SIGHUP');
  await until(
    () => log(dir).includes('SIGHUP: the config is read again'),
    SOON_MS,
    'a reload',
    () => log(dir),
  );
  expect(await realm(dir, ['status'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`process ${pid}`) });
  expect(await realm(dir, ['down'])).toMatchObject({ code: 0 });
  expect(log(dir)).not.toContain('the terminal was closed');
});

test('without a terminal, in front too, SIGHUP reloads', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  const watching = watch(dir);
  await watching.prints('until Ctrl-C');
  process.kill(watching.pid, 'SIGHUP');
  await until(
    () => log(dir).includes('SIGHUP: the config is read again'),
    SOON_MS,
    'a reload',
    () => log(dir),
  );
  expect((await watching.stop()).code).toBe(130);
});
