// Folders of ended runs go by a written rule, and none that anything still lives in.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { systemProcesses } from '../../../core/os/processes.ts';
import { RunRetention, type RunRetentionParts } from '../../../core/runs/run-retention.ts';
import { ShimExecutor } from '../../../core/runs/shim-executor.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import type { StoredRun } from '../../../core/store/runs.ts';
import { endTokens, system, until } from '../os/place.ts';
import { live, newFolder, Puppet } from './scene.ts';

const DAY_MS = 86_400_000;

function stage() {
  const root = newFolder();
  const folder = join(root, 'run');
  mkdirSync(folder);
  const clock = virtualClock();
  const { store } = live(root, new Puppet(), { clock });
  const add = (id: string, daysAgo: number | null, more: Partial<StoredRun> = {}): void => {
    const endedAt = daysAgo === null ? null : clock.now() - daysAgo * DAY_MS;
    const times = { createdAt: 0, startedAt: 0, endedAt, leaseUntil: null, deadlineAt: null };
    const rest = { exitCode: 0, attempt: 1, reason: null, progress: null, process: {}, input: {}, output: null };
    const state = endedAt === null ? 'running' : 'succeeded';
    store.runs.insert({
      id,
      key: id,
      forRef: null,
      action: 'a.b',
      trigger: 'manual',
      state,
      ...times,
      ...rest,
      ...more,
    });
    leave(id);
  };
  const leave = (name: string): void => {
    mkdirSync(join(folder, name, 'deep'), { recursive: true });
    writeFileSync(join(folder, name, 'log'), 'x');
  };
  const troubles: unknown[] = [];
  const retention = (more: Partial<RunRetentionParts> = {}): RunRetention =>
    new RunRetention({
      folder,
      clock,
      get: (id) => store.runs.get(id),
      isRunning: () => false,
      forget: (before, keep) => store.runs.prune(before, keep),
      trouble: (error) => troubles.push(error),
      ...more,
    });
  const left = (prefix = ''): string[] => readdirSync(folder).filter((name) => name.startsWith(prefix));
  return { root, folder, clock, store, add, leave, retention, left, troubles };
}

test('the newest 20 of each action and resource stay, and what ended within a week, up to 1,000', async () => {
  const { add, retention, left } = stage();
  for (let n = 10; n < 35; n += 1) {
    add(`old-${n}`, n);
    add(`other-${n}`, n, { forRef: 'thing/x' });
  }
  for (let n = 0; n < 15; n += 1) add(`few-${n}`, 300 + n, { action: 'few.times' });
  for (let n = 0; n < 40; n += 1) add(`week-${n}`, n / 4, { action: 'each.hour' });
  for (let n = 0; n < 1_005; n += 1) add(`often-${n}`, n / 1_440, { action: 'each.minute' });
  await retention().sweep();
  const twenty = (name: string): string[] => Array.from({ length: 20 }, (_, n) => `${name}-${10 + n}`);
  expect(left('old-')).toEqual(twenty('old'));
  expect(left('other-')).toEqual(twenty('other'));
  expect(left('few-')).toHaveLength(15);
  expect(left('week-')).toHaveLength(29);
  expect(left('week-')).not.toContain('week-29');
  expect(left('often-')).toHaveLength(1_000);
  expect(left('often-')).not.toContain('often-1000');
});

test('what is not over, and what is no run, is left alone', async () => {
  const { add, leave, retention, left } = stage();
  for (let n = 0; n < 25; n += 1) add(`old-${n}`, 100 + n);
  for (const state of ['queued', 'running'] as const) add(state, null, { state });
  leave('web'); // a service
  leave('a-run-that-an-older-copy-of-the-database-does-not-know');
  await retention().sweep();
  expect(left().filter((name) => !name.startsWith('old-'))).toHaveLength(4);
  expect(left('old-')).toHaveLength(20);
});

test('soon after the start, then hourly, until it is stopped', async () => {
  const { add, retention, left, clock } = stage();
  for (let n = 0; n < 21; n += 1) add(`a-${n}`, 100 + n);
  const going = retention();
  going.start();
  await clock.advance(60_000);
  expect(left()).toHaveLength(20);
  add('a-21', 200);
  await clock.advance(3_500_000);
  expect(left()).toHaveLength(21);
  await clock.advance(100_000);
  expect(left()).toHaveLength(20);
  add('a-22', 200);
  going.stop();
  await clock.advance(10 * 3_600_000);
  expect(left()).toHaveLength(21);
});

test('without the folder there is nothing to do; a folder that cannot be read is told and tried again', async () => {
  const { retention, troubles, clock, folder } = stage();
  await retention({ folder: join(folder, 'absent') }).sweep();
  expect(troubles).toEqual([]);
  writeFileSync(join(folder, 'file'), '');
  const going = retention({ folder: join(folder, 'file') });
  going.start();
  await clock.advance(2 * 3_600_000);
  going.stop();
  expect(troubles).toHaveLength(2);
});

test('a process that lives keeps its folder, although its run was given up for lost', async () => {
  const { root, folder, add, retention, left } = stage();
  const processes = systemProcesses(systemClock, system, { sweepMs: 50 });
  onTestFinished(() => processes.close());
  const env = { PATH: process.env['PATH'] ?? '' };
  const shim = new ShimExecutor({
    processes,
    clock: systemClock,
    folder,
    command: () => [],
    cwd: root,
    env: () => env,
  });
  for (let n = 0; n < 20; n += 1) add(`new-${n}`, n);
  add('lost', 100, { state: 'lost' });
  const token = 'losta1'; // of the first attempt of a run with this id
  endTokens(new Set([token]));
  const dir = join(folder, 'lost');
  const handle = await processes.start({ dir, argv: ['sleep', '600'], cwd: root, env, token, log: join(dir, 'log') });
  const careful = retention({ isRunning: (run) => shim.isRunning(run) });
  await careful.sweep();
  expect(left('lost')).toEqual(['lost']);
  await until('it is gone', () => {
    processes.signal(handle, 'SIGKILL'); // again: the shim may not have begun its command yet
    return handle.exit !== undefined;
  });
  await careful.sweep();
  expect(left('lost')).toEqual([]);
});

test('rows go after 90 days, but of each action and resource the newest 1,000 stay, and what has not ended', async () => {
  const { add, retention, store } = stage();
  store.transaction(() => {
    add('going', null);
    for (let n = 0; n < 1_010; n += 1) add(`old${String(n).padStart(4, '0')}`, 100);
    for (let n = 0; n < 5; n += 1) add(`young${n}`, 80);
    for (let n = 0; n < 3; n += 1) add(`yearly${n}`, 400, { forRef: 'test/yearly' });
  });
  await retention().sweep();
  const left = (id: string): boolean => store.runs.get(id) !== undefined;
  expect(left('going')).toBe(true);
  expect([left('old0014'), left('old0015'), left('young0')]).toEqual([false, true, true]);
  expect(left('yearly0')).toBe(true);
});
