// The process of a long run, from inside: request, progress at a measured pace, result, and signals.
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sleep } from '../../../core/clock.ts';
import { noCrash } from '../../../core/crash.ts';
import { RealmError } from '../../../core/errors.ts';
import type { Invoke } from '../../../core/runs/inline-executor.ts';
import { runAction } from '../../../core/runs/run-action.ts';
import { readProgress, readResult, writeRequest } from '../../../core/runs/run-folder.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { newFolder } from './scene.ts';

function folder(): string {
  const dir = join(newFolder(), 'run');
  mkdirSync(dir);
  writeRequest(dir, { id: 'i', key: 'k', action: 'demo.work', input: { n: 1 } }, noCrash);
  return dir;
}
const clock = virtualClock();
const run = (dir: string, invoke: Invoke, signals = new EventEmitter()): Promise<number> =>
  runAction({ dir, invoke, clock, signals, graceMs: 8_000 });

test('the action gets its name and input; its output is the result, in files for the owner alone', async () => {
  const dir = folder();
  const code = await run(dir, async (action, input) => ({ action, input }));
  expect(code).toBe(0);
  expect(readResult(dir)).toEqual({ ok: true, output: { action: 'demo.work', input: { n: 1 } } });
  for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o077, name).toBe(0);
});

test('a failure keeps its code and sentence; an output that is no JSON, or nothing, is said or is null', async () => {
  const dir = folder();
  expect(await run(dir, () => Promise.reject(new RealmError('ACTION_INPUT_INVALID', 'n is too small')))).toBe(1);
  expect(readResult(dir)).toEqual({ ok: false, error: { code: 'ACTION_INPUT_INVALID', message: 'n is too small' } });
  expect(
    await run(dir, () => {
      throw new Error('before the first await');
    }),
  ).toBe(1);
  expect(readResult(dir)).toEqual({ ok: false, error: { message: 'before the first await' } });
  const round: Record<string, unknown> = {};
  round['self'] = round;
  for (const output of [round, { n: 1n }]) {
    expect(await run(dir, async () => output)).toBe(1);
    expect(readResult(dir)).toMatchObject({
      ok: false,
      error: { code: 'ACTION_FAILED', message: expect.stringContaining('no JSON') },
    });
  }
  expect(await run(dir, async () => undefined)).toBe(0);
  expect(readResult(dir)).toEqual({ ok: true, output: null });
});

test('progress is written at most four times a second, and the last word always', async () => {
  const dir = folder();
  const seen: unknown[] = [];
  const done = run(dir, async (_action, _input, { progress }) => {
    for (let n = 0; n < 1_000; n++) {
      progress({ phase: 'p', done: n });
      seen.push(readProgress(dir)?.done);
      await sleep(clock, 1);
    }
    progress({ phase: 'p', done: 1_000 });
  });
  await clock.advance(2_000);
  expect(await done).toBe(0);
  expect(new Set(seen)).toEqual(new Set([0, 249, 499, 749]));
  expect(readProgress(dir)).toEqual({ phase: 'p', done: 1_000 });
});

test('TERM aborts the signal; an action that ends in time has its say, a deaf one is written off', async () => {
  const dir = folder();
  const signals = new EventEmitter();
  const polite = run(dir, (_action, _input, { signal }) => sleep(clock, 60_000, signal), signals);
  signals.emit('SIGTERM');
  signals.emit('SIGTERM');
  expect(await polite).toBe(143);
  expect(readResult(dir)).toMatchObject({ ok: false, error: { message: 'demo.work was asked to stop' } });
  const deaf = run(dir, () => sleep(clock, 60_000), signals);
  signals.emit('SIGINT');
  await clock.advance(8_000);
  expect(await deaf).toBe(143);
  expect(readResult(dir)).toMatchObject({
    ok: false,
    error: { message: 'demo.work was asked to stop and did not within 8 s' },
  });
  const saved = run(
    dir,
    (_action, _input, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('saved'))),
    signals,
  );
  signals.emit('SIGTERM');
  expect(await saved).toBe(0);
  expect(readResult(dir)).toEqual({ ok: true, output: 'saved' });
  expect(signals.eventNames()).toEqual([]);
});

test.each([[''], ['{'], ['[]'], ['{"id":"i"}'], ['{"id":1,"key":"k","action":"a"}']])(
  'a folder with the request %j is refused',
  async (text) => {
    const dir = folder();
    writeFileSync(join(dir, 'request.json'), text);
    await expect(run(dir, async () => 1)).rejects.toMatchObject({
      code: 'RUN_FOLDER_UNREADABLE',
      message: expect.stringContaining(dir),
    });
    await expect(run(join(dir, 'nowhere'), async () => 1)).rejects.toMatchObject({ code: 'RUN_FOLDER_UNREADABLE' });
    await expect(run(join(dir, 'request.json'), async () => 1)).rejects.toMatchObject({
      code: 'RUN_FOLDER_UNREADABLE',
    });
  },
);

test('a new request clears what an earlier attempt left', async () => {
  const dir = folder();
  await run(dir, async () => 'old');
  writeRequest(dir, { id: 'i', key: 'k', action: 'demo.work', input: 2 }, noCrash);
  expect(readResult(dir)).toBe(undefined);
  expect(JSON.parse(readFileSync(join(dir, 'request.json'), 'utf8'))).toMatchObject({ input: 2 });
});

test('killed at any of its writes, a run leaves a whole result or none', () => {
  const results: unknown[] = [];
  for (let at = 1; ; at++) {
    const dir = folder();
    writeRequest(dir, { id: 'i', key: 'k', action: 'demo.work', input: { token: 't' } }, noCrash);
    const env = { ...process.env, KILL_AT_WRITE: String(at) };
    const { signal, status } = spawnSync(process.execPath, [join(import.meta.dirname, 'work.ts'), dir], { env });
    results.push(readResult(dir));
    if (signal === 'SIGKILL') continue;
    expect(status).toBe(0);
    break;
  }
  const whole = { ok: true, output: { token: 't' } };
  expect(results).toEqual([undefined, undefined, undefined, whole, whole]); // progress, result: before and after each
});
