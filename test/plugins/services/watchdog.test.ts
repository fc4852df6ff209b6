// The memory of a service and all it started: a real one that grows, and many that share.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import { HANGS_MS, until } from '../../e2e/realm.ts';
import type { Context } from '../../../core/plugin.ts';
import { descendantsOf, type Member, processTree } from '../../../plugins/services/tree.ts';
import type { Verdicts } from '../../../plugins/services/verdicts.ts';
import { type Watch, watchMemory } from '../../../plugins/services/watchdog.ts';

const MIB = 1024 ** 2;

/** What is said at the first look. */
async function saidOf(most: number, members: () => readonly Member[]): Promise<unknown> {
  const over = new AbortController();
  let heard: unknown;
  const verdicts = { say: (...words: unknown[]) => void (heard = words) } as unknown as Verdicts;
  const ctx = { sleep: (ms: number, signal?: AbortSignal) => sleep(systemClock, ms, signal) } as unknown as Context;
  const watching = watchMemory(most, { ctx, over: over.signal, verdicts, members } as unknown as Watch);
  over.abort();
  await watching;
  return heard;
}

test('what it started counts too', async () => {
  const script = `const kept = Buffer.alloc(${80 * MIB}, 1); console.log('grown'); setInterval(() => kept, 1e6)`;
  const shell = spawn('/bin/sh', ['-c', `"$0" -e "$1" & wait`, process.execPath, script], { detached: true });
  onTestFinished(() => void process.kill(-shell.pid!, 'SIGKILL'));
  await new Promise((resolve) => shell.stdout.once('data', resolve));
  const members = (): readonly Member[] => descendantsOf(shell.pid!, processTree());
  expect(await saidOf(80 * MIB, members)).toEqual([
    'live',
    'memory',
    { is: 'no', why: expect.stringMatching(/^uses \d+ MiB of memory, and 80 MiB is its most$/) as string },
  ]);
  expect(await saidOf(2048 * MIB, members)).toEqual(['live', 'memory', { is: 'yes', why: 'memory is in bounds' }]);
});

test('what is shared counts once', async () => {
  const [self] = [...processTree().values()].filter(({ pid }) => pid === process.pid);
  const children = Array.from({ length: 5 }, () => spawn('sleep', ['600']));
  onTestFinished(() => children.forEach((child) => child.kill('SIGKILL')));
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('spawn', resolve))));
  const sleeps = ({ pid }: ChildProcess): boolean => readFileSync(`/proc/${pid}/stat`, 'utf8').includes('(sleep) S');
  await until(() => children.every(sleeps), HANGS_MS, 'all of them to have what they need, and sleep');
  const pids = new Set(children.map(({ pid }) => pid));
  const members = [...processTree().values()].filter(({ pid }) => pids.has(pid));
  const resident = members.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  // Programs of a few hundred KiB of their own, and the rest is one C library.
  expect(await saidOf(Math.round(resident * 0.8), () => members)).toMatchObject(['live', 'memory', { is: 'yes' }]);
  expect(await saidOf(MIB, () => [self!])).toMatchObject(['live', 'memory', { is: 'no' }]);
});
