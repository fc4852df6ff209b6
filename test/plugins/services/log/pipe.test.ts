// A `cat` between a service and its log: what is written, what becomes of signals and of the exit status.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { piped } from '../../../../plugins/services/log/pipe.ts';

/** Not how long it takes, but how long a busy machine may take. */
const PATIENT = { timeout: 60_000 };

interface Started {
  readonly child: ChildProcess;
  readonly log: string;
  readonly fifo: string;
  readonly end: Promise<number | NodeJS.Signals | null>;
}

function start(script: string, isPiped = true): Started {
  const folder = mkdtempSync(join(tmpdir(), 'realm-pipe-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'log');
  const fifo = join(folder, 'pipe');
  const command = ['/bin/sh', '-c', script];
  const [program, ...args] = isPiped ? piped(command, fifo) : command;
  const handle = openSync(log, 'a');
  const child = spawn(program!, args, { stdio: ['ignore', handle, handle], detached: true });
  const end = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  return { child, log, fifo, end };
}

const OPENS_BY_NAME = 'echo one; echo two >/dev/stderr; echo three; sh -c "echo four >/dev/stdout"; exit 3';

test('without it, a program that opens /dev/stderr by name empties its log', async () => {
  const { log, end } = start(OPENS_BY_NAME, false);
  expect(await end).toBe(3);
  expect(readFileSync(log, 'utf8')).not.toContain('one');
});

test('with it, nothing is lost, the order is kept, and so is the exit status', async () => {
  const { log, fifo, end } = start(OPENS_BY_NAME);
  expect(await end).toBe(3);
  expect(readFileSync(log, 'utf8')).toBe('one\ntwo\nthree\nfour\n');
  expect(existsSync(fifo)).toBe(false);
});

test.runIf(process.getuid?.() === 0)('a service of another user can open it by name too', async () => {
  const { log, end } = start('exec setpriv --reuid=65534 --clear-groups -- sh -c "echo one >/dev/stderr"');
  expect(await end).toBe(0);
  expect(readFileSync(log, 'utf8')).toBe('one\n');
});

test('all may write to it, so that another user can; only its owner may read', async () => {
  const { fifo, child, log, end } = start('echo ready; exec sleep 600');
  await expect.poll(() => readFileSync(log, 'utf8'), PATIENT).toContain('ready');
  expect(statSync(fifo).mode & 0o777).toBe(0o622);
  process.kill(-child.pid!, 'SIGTERM');
  await end;
});

test.each(['SIGTERM', 'SIGINT', 'SIGQUIT'] as const)(
  '%s to all of them: last words arrive, the status is its own',
  async (signal) => {
    const name = signal.slice(3);
    const { child, log, end } = start(`trap 'echo ending; exit 7' ${name}; echo ready; while :; do sleep 0.01; done`);
    await expect.poll(() => readFileSync(log, 'utf8'), PATIENT).toContain('ready');
    process.kill(-child.pid!, signal);
    expect(await end).toBe(7);
    expect(readFileSync(log, 'utf8')).toMatch(/ending\n$/);
  },
);

test('a signal that ends the service is told as a shell tells it', async () => {
  const { child, log, end } = start('echo ready; exec sleep 600');
  await expect.poll(() => readFileSync(log, 'utf8'), PATIENT).toContain('ready');
  process.kill(-child.pid!, 'SIGTERM');
  expect(await end).toBe(128 + 15);
});

test('what is left behind and holds the pipe open does not keep the service from ending', async () => {
  const { child, end } = start('sleep 600 & exit 5');
  expect(await end).toBe(5);
  process.kill(-child.pid!, 'SIGKILL'); // what it left behind, and cat
});

test('a flood arrives whole', async () => {
  const { log, end } = start('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done');
  expect(await end).toBe(0);
  expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(20_001);
});
