// Long runs as real processes: results, progress, logs, cancel to the last descendant, and lives of the daemon between.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { systemProcesses } from '../../../core/os/processes.ts';
import type { Identity } from '../../../core/contract/processes.ts';
import { membersOf, signalTree } from '../../../core/os/signal.ts';
import { ShimExecutor } from '../../../core/runs/shim-executor.ts';
import { endTokens, system, until } from '../os/place.ts';
import { type Life, live, newFolder, request } from './scene.ts';

const WORK = join(import.meta.dirname, 'work.ts');

function daemon(folder: string, graceMs = 5_000): Life & { stop(): Promise<void> } {
  const processes = systemProcesses(systemClock, system, { sweepMs: 50 });
  const executor = new ShimExecutor({
    processes,
    clock: systemClock,
    folder: join(folder, 'run'),
    command: (dir) => [process.execPath, WORK, dir],
    cwd: folder,
    env: () => ({ PATH: process.env['PATH'] ?? '' }),
    graceMs,
  });
  const tokens = new Set<string>();
  const note = executor.note.bind(executor);
  executor.note = (run) => {
    const noted = note(run) as { token: string };
    tokens.add(noted.token);
    return noted;
  };
  endTokens(tokens);
  const life = live(folder, executor);
  onTestFinished(() => processes.close());
  const stop = async (): Promise<void> => {
    await life.runs.close();
    processes.close();
    life.die();
  };
  return { ...life, stop };
}

const tokenOf = (life: Life, id: string): string => (life.runs.get(id)!.process as { token: string }).token;
const members = (life: Life, id: string): readonly Identity[] =>
  membersOf(system, { roots: [], token: tokenOf(life, id) });
const tree = (life: Life, id: string): number => members(life, id).length;

test('a run in its own process: output, progress, log, exit code, and files only the owner may read', async () => {
  const folder = newFolder();
  const life = daemon(folder);
  const gate = join(folder, 'gate');
  const { id } = await life.runs.start(request('k', { action: 'demo.steps', input: { token: 'x', gate } }));
  await until('progress arrives', () => life.runs.get(id)?.progress?.phase === 'waiting');
  writeFileSync(gate, '');
  const run = await life.runs.whenEnded(id);
  expect(run).toMatchObject({ state: 'succeeded', output: { token: 'x' }, exitCode: 0, reason: null });
  expect(readFileSync(join(folder, 'run', id, 'log'), 'utf8')).toBe('a line in the log\n');
  await life.stop();
});

test('what throws failed with its sentence; what is killed failed with its exit; what cannot start says so', async () => {
  const folder = newFolder();
  const life = daemon(folder);
  const end = async (key: string, action: string): Promise<unknown> => {
    const { id } = await life.runs.start(request(key, { action, input: {} }));
    const { state, reason, exitCode } = await life.runs.whenEnded(id);
    return [state, reason, exitCode];
  };
  expect(await end('a', 'demo.fail')).toEqual(['failed', 'the cable is out (ACTION_FAILED)', 1]);
  expect(await end('b', 'demo.crash')).toEqual([
    'failed',
    'its process ended without a result: signal 9 (SIGKILL), or exit 137 of its own',
    137,
  ]);
  rmSync(join(folder, 'run'), { recursive: true });
  writeFileSync(join(folder, 'run'), 'a file is in the way');
  expect(await end('c', 'demo.steps')).toEqual(['failed', expect.stringContaining('ENOTDIR'), null]);
  await life.stop();
});

test('cancel: a polite one ends at once; a deaf one is ended by force, with all it started', async () => {
  const life = daemon(newFolder(), 700);
  const polite = await life.runs.start(request('polite', { input: { ms: 60_000 } }));
  const deaf = await life.runs.start(request('deaf', { action: 'demo.deaf', input: {} }));
  await until('both work', () => [polite, deaf].every(({ id }) => life.runs.get(id)?.progress !== null));
  await until('the deaf one has descendants', () => tree(life, deaf.id) >= 4);
  const ends = await Promise.all([polite, deaf].map(({ id }) => life.runs.cancel(id, 'enough', 'user:me')));
  expect(ends.map(({ state, reason }) => [state, reason])).toEqual([
    ['cancelled', 'enough'],
    ['cancelled', 'enough'],
  ]);
  await until('nothing is left', () => tree(life, polite.id) + tree(life, deaf.id) === 0);
  await life.stop();
});

test('a deadline ends the process', async () => {
  const life = daemon(newFolder());
  const { id } = await life.runs.start(request('k', { input: { ms: 60_000 }, deadlineMs: 300 }));
  expect(await life.runs.whenEnded(id)).toMatchObject({
    state: 'cancelled',
    reason: 'it took longer than its deadline of 0.3 s',
  });
  await until('nothing is left', () => tree(life, id) === 0);
  await life.stop();
});

test('runs go on without the daemon; the next one adopts them, reads what ended meanwhile, and goes on cancelling', async () => {
  const folder = newFolder();
  const first = daemon(folder);
  const gate = join(folder, 'gate');
  const go = async (key: string, action: string, more: object): Promise<string> =>
    (await first.runs.start(request(key, { action, input: { token: key, ...more } }))).id;
  const [short, long, failing, killed] = await Promise.all([
    go('short', 'demo.work', {}),
    go('long', 'demo.work', { gate }),
    go('failing', 'demo.fail', {}),
    go('killed', 'demo.work', { ms: 60_000 }),
  ]);
  await until('all work', () => tree(first, long) > 1 && tree(first, killed) > 1);
  await first.stop();
  await until(
    'the short ones have ended',
    () =>
      existsSync(join(folder, 'run', short, 'result.json')) && existsSync(join(folder, 'run', failing, 'result.json')),
  );
  const second = daemon(folder);
  const all = [short, failing, killed].flatMap((id) => members(second, id));
  signalTree(system, { roots: [], token: tokenOf(second, killed) }, 'SIGKILL'); // the shim too: nobody can write an exit
  // Who is dying gives its memory back for milliseconds: its token is gone by then, and it is not.
  await until('they have ended', () => !all.some((one) => system.isAlive(one)));
  await second.runs.recover();
  expect(second.runs.get(short)).toMatchObject({ state: 'succeeded', output: { token: 'short' }, attempt: 1 });
  expect(second.runs.get(failing)).toMatchObject({ state: 'failed', reason: 'the cable is out (ACTION_FAILED)' });
  expect(second.runs.get(killed)).toMatchObject({
    state: 'lost',
    reason: expect.stringContaining('left no exit status'),
  });
  expect(second.runs.get(long)?.state).toBe('running');
  writeFileSync(gate, '');
  expect(await second.runs.whenEnded(long)).toMatchObject({ state: 'succeeded', output: { token: 'long' } });
  await second.stop();
});

test('half-written and hostile results say no more than none', async () => {
  const folder = newFolder();
  const life = daemon(folder);
  for (const [index, text] of ['', '{"ok":tr', '[]', '{"ok":false}', '{"ok":"yes","output":1}', 'null'].entries()) {
    const { id } = await life.runs.start(request(`k${index}`, { input: { ms: 60_000 } }));
    await until('it works', () => life.runs.get(id)?.progress !== null);
    signalTree(system, { roots: [], token: tokenOf(life, id), spare: shimOf(folder, id) }, 'SIGSTOP');
    writeFileSync(join(folder, 'run', id, 'result.json'), text);
    signalTree(system, { roots: [], token: tokenOf(life, id), spare: shimOf(folder, id) }, 'SIGKILL');
    expect(await life.runs.whenEnded(id)).toMatchObject({ state: 'failed', exitCode: 137, output: null });
  }
  await life.stop();
});

const shimOf = (folder: string, id: string): ReturnType<typeof system.identityOf> =>
  system.identityOf(Number(readFileSync(join(folder, 'run', id, 'pid'), 'utf8').split(' ')[2]));
