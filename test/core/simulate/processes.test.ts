// One suite for real processes and simulated ones: what holds of the one must hold of the other.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Exit, ProcessHandle, Processes } from '../../../core/contract/processes.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import { type Bench, realBench, virtualBench } from './benches.ts';

const FOREVER: Program = { says: 'ready' };

async function start(
  bench: Bench,
  name: string,
  program: Program,
  processes = bench.processes,
): Promise<ProcessHandle> {
  const wish = bench.wish(name, program);
  const handle = await bench.wait(processes.start(wish));
  if (program.says !== undefined) await bench.until('it is ready', () => readFileSync(wish.log, 'utf8') !== '');
  return handle;
}

async function exitOf(bench: Bench, handle: ProcessHandle): Promise<Exit> {
  await bench.until('it ended', () => handle.exit !== undefined);
  return handle.exit!;
}

function heard(processes: Processes): string[] {
  const tokens: string[] = [];
  processes.exits(({ token }) => tokens.push(token));
  return tokens;
}

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
  );

describe.each([
  ['real', realBench],
  ['simulated', virtualBench],
] as const)('%s processes', (_, newBench) => {
  test('end as they like, and each end is heard once', async () => {
    const bench = newBench();
    const told = heard(bench.processes);
    const handles = await Promise.all(
      [0, 3, 70].map((exit) => start(bench, `n${exit}`, { exit, lastsMs: exit, says: `I am ${exit}` })),
    );
    for (const handle of handles) await exitOf(bench, handle);
    expect(handles.map(({ exit }) => exit)).toEqual([0, 3, 70].map((status) => ({ status, why: `exit ${status}` })));
    await bench.pass(200);
    expect(told.toSorted()).toEqual(handles.map(({ token }) => token).toSorted());
    expect(bench.processes.list()).toEqual([]);
    expect(bench.log('n70')).toBe('I am 70\n');
    expect(readdirSync(join(bench.folder, 'n3')).toSorted()).toEqual([
      'exit',
      'log',
      'pid',
      `started-${handles[1]!.token}`,
    ]);
  });

  test('a command or working folder that is not there is an exit; a wish that cannot be said or kept is an error', async () => {
    const bench = newBench();
    const go = async (name: string, more: object): Promise<number | null> => {
      const handle = await bench.wait(bench.processes.start(bench.wish(name, {}, more)));
      return (await exitOf(bench, handle)).status;
    };
    expect(await go('absent', { argv: ['no-such-program'] })).toBe(127);
    expect(bench.log('absent')).toContain('no-such-program: not found');
    expect(await go('cwd', { cwd: join(bench.folder, 'nowhere') })).toBe(126);
    const { processes } = bench;
    expect(await bench.wait(refusal(processes.start(bench.wish('x', {}, { argv: [] }))))).toMatch(/^PROCESS_START_INV/);
    writeFileSync(join(bench.folder, 'file'), '');
    expect(await bench.wait(refusal(processes.start(bench.wish('file', {}))))).toMatch(/^PROCESS_START_FAILED: cannot/);
    expect(processes.list()).toEqual([]);
  });

  test('signals: one dies of it, one heeds it in its own way, one is deaf; KILL ends all; the shim hears none', async () => {
    const bench = newBench();
    const { processes, system } = bench;
    const plain = await start(bench, 'plain', FOREVER);
    const polite = await start(bench, 'polite', { ...FOREVER, stopsInMs: 30, stopExit: 40 });
    const deaf = await start(bench, 'deaf', { ...FOREVER, ignores: ['SIGTERM', 'SIGINT', 'SIGHUP'] });
    const handles = [plain, polite, deaf];
    for (const { shim } of handles) for (const name of ['SIGTERM', 'SIGHUP'] as const) system.kill(shim!.pid, name);
    await bench.pass(60);
    expect(processes.list()).toEqual(handles);
    for (const handle of handles) expect(processes.signal(handle, 'SIGTERM')).toBeGreaterThanOrEqual(1);
    expect((await exitOf(bench, plain)).why).toContain('signal 15 (SIGTERM)');
    expect((await exitOf(bench, polite)).status).toBe(40);
    expect(processes.list()).toEqual([deaf]);
    processes.signal(deaf, 'SIGKILL');
    expect((await exitOf(bench, deaf)).status).toBe(137);
    for (const handle of handles) expect(processes.signal(handle, 'SIGKILL')).toBe(0);
  });

  test('a pid is nobody by itself: with another start time, or of another boot, it is another process', async () => {
    const bench = newBench();
    const { shim } = await start(bench, 'one', FOREVER);
    const others = [shim!, { ...shim!, startTime: '1' }, { ...shim!, bootId: 'another' }];
    expect(others.map((one) => bench.system.isAlive(one))).toEqual([true, false, false]);
  });

  test('with its shim killed it runs until its command is gone; then nobody knows how it ended', async () => {
    const bench = newBench();
    const told = heard(bench.processes);
    const handle = await start(bench, 'one', FOREVER);
    bench.system.kill(handle.shim!.pid, 'SIGKILL');
    await bench.pass(300);
    expect(handle.exit).toBe(undefined);
    expect(bench.processes.look(handle.dir, handle.token)).toMatchObject({ state: 'running', shim: handle.shim });
    expect(bench.again().look(handle.dir, handle.token).state).toBe('running');
    bench.processes.signal(handle, 'SIGKILL');
    expect((await exitOf(bench, handle)).status).toBe(null);
    expect(bench.again().look(handle.dir, handle.token)).toEqual({ state: 'ended', exit: handle.exit });
    expect(told).toEqual([handle.token]);
  });

  test('with shim and command killed, a child that stays is what it left behind, and no life of it', async () => {
    const bench = newBench();
    const told = heard(bench.processes);
    const handle = await start(bench, 'one', { says: 'ready', children: [{ ...FOREVER, says: 'ready' }] });
    await bench.until('both have spoken', () => bench.log('one') === 'ready\n'.repeat(2));
    const { command, shim } = handle;
    for (const one of [shim, command]) bench.system.kill(one!.pid, 'SIGKILL');
    await bench.until('both are gone', () => ![shim, command].some((one) => bench.system.isAlive(one!)));
    expect(bench.again().look(handle.dir, handle.token)).toMatchObject({ state: 'ended', exit: { status: null } });
    expect(bench.again().adopt(handle.dir, handle.token).exit?.status).toBe(null);
    expect((await exitOf(bench, handle)).status).toBe(null);
    expect(told).toEqual([handle.token]);
    const left = bench.processes.members(handle).length;
    expect(left).toBeGreaterThan(0);
    const next = bench.wish('one', FOREVER);
    expect(await bench.wait(refusal(bench.processes.start({ ...next, follows: handle })))).toBe('none');
    expect(bench.processes.members(handle)).toEqual([]);
  });

  test('a folder that is taken away while it runs is written again, and its end is heard with its status', async () => {
    const bench = newBench();
    const told = heard(bench.processes);
    const handle = await start(bench, 'one', FOREVER);
    await bench.until('it has spoken', () => bench.log('one') === 'ready\n');
    const { dir, token, shim, command } = handle;
    rmSync(dir, { recursive: true });
    expect(bench.processes.adopt(dir, token)).toBe(handle);
    expect(bench.again().look(dir, token)).toEqual({ state: 'running', shim, command });
    rmSync(dir, { recursive: true });
    const later = bench.again();
    expect(later.adopt(dir, token)).toMatchObject({ shim, command, exit: undefined, neverStarted: false });
    later.signal(handle, 'SIGTERM');
    expect((await exitOf(bench, handle)).status).toBe(143);
    expect(told).toEqual([token]);
  });

  test('children, and what left them all behind, are members; the end of the command is not theirs', async () => {
    const bench = newBench();
    const { processes, system } = bench;
    const family: Program = { says: 'ready', lastsMs: 150, exit: 5, children: [FOREVER], leaves: [FOREVER] };
    const handle = await start(bench, 'one', family);
    await bench.until('all have spoken', () => bench.log('one') === 'ready\n'.repeat(3));
    const members = processes.members(handle);
    expect(members.length).toBeGreaterThanOrEqual(3);
    expect(members.map(({ pid }) => pid)).not.toContain(handle.shim!.pid);
    expect((await exitOf(bench, handle)).status).toBe(5);
    await bench.pass(50);
    expect(processes.members(handle).length).toBeGreaterThanOrEqual(2);
    expect(processes.signal(handle, 'SIGKILL')).toBeGreaterThanOrEqual(2);
    await bench.until('all are gone', () => processes.members(handle).length === 0);
    expect(members.filter((member) => system.isAlive(member))).toEqual([]);
  });

  test('another life finds what runs, what ended, and what never was; and hears only what it saw running', async () => {
    const bench = newBench();
    const going = await start(bench, 'going', FOREVER);
    const ended = await start(bench, 'ended', { exit: 7, lastsMs: 0 });
    await exitOf(bench, ended);
    const never = bench.wish('never', FOREVER);
    bench.processes.close();
    const later = bench.again();
    const told = heard(later);
    expect(later.look(never.dir, never.token)).toEqual({ state: 'absent', mayStart: true });
    expect(later.look(ended.dir, ended.token)).toEqual({ state: 'ended', exit: { status: 7, why: 'exit 7' } });
    expect(existsSync(never.dir)).toBe(false);
    const adopted = [ended, never, going].map(({ dir, token }) => later.adopt(dir, token));
    expect(adopted.map(({ exit }) => exit?.status)).toEqual([7, null, undefined]);
    expect(adopted.map(({ neverStarted }) => neverStarted)).toEqual([false, true, false]);
    expect(later.adopt(going.dir, going.token)).toBe(adopted[2]);
    expect(adopted[2]!.shim).toEqual(going.shim);
    expect(later.list()).toEqual([adopted[2]]);
    later.signal(adopted[2]!, 'SIGKILL');
    expect((await exitOf(bench, adopted[2]!)).status).toBe(137);
    expect(told).toEqual([going.token]);
    expect(await bench.wait(refusal(later.start(never)))).toContain('its token was used or given up before');
  });

  test('a shim that died between its claim and its first word is an end of unknown status, and nothing on its way', async () => {
    const bench = newBench();
    const { dir, token } = bench.wish('claimed', FOREVER);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, `started-${token}`), '');
    const sight = bench.processes.look(dir, token);
    expect(sight).toMatchObject({ state: 'ended', exit: { status: null } });
    expect(bench.processes.adopt(dir, token).neverStarted).toBe(false);
  });

  test('a folder speaks of its last process alone, and is not taken from one that runs', async () => {
    const bench = newBench();
    const first = await start(bench, 'one', { exit: 3, lastsMs: 0 });
    await exitOf(bench, first);
    const planned = bench.wish('one', {});
    expect(bench.again().look(planned.dir, planned.token)).toEqual({ state: 'absent', mayStart: true });
    expect(bench.again().adopt(planned.dir, planned.token).neverStarted).toBe(true);
    expect(bench.again().look(planned.dir, planned.token)).toEqual({ state: 'absent', mayStart: false });
    const second = await start(bench, 'one', FOREVER);
    const again = bench.again();
    const third = await bench.wait(refusal(again.start(bench.wish('one', {}))));
    expect(third).toContain('belongs to a process that runs');
    expect(second.exit).toBe(undefined);
    bench.system.kill(second.shim!.pid, 'SIGKILL'); // only what it started is left
    await bench.until('the shim is gone', () => !bench.system.isAlive(second.shim!));
    expect(await bench.wait(refusal(again.start(bench.wish('one', {}))))).toContain('belongs to a process that runs');
    bench.processes.signal(second, 'SIGKILL');
    expect((await exitOf(bench, second)).status).toBe(null);
    const both = [bench.wish('one', {}), bench.wish('one', {})].map((wish) => refusal(bench.processes.start(wish)));
    expect((await bench.wait(Promise.all(both))).filter((said) => said === 'none')).toHaveLength(1);
  });

  test('many at once: each runs once', async () => {
    const bench = newBench();
    const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
    const told = heard(bench.processes);
    const handles = await Promise.all(names.map((name) => start(bench, name, { says: name, lastsMs: 400 })));
    expect(bench.processes.list().every((handle) => handles.includes(handle))).toBe(true);
    for (const handle of handles) await exitOf(bench, handle);
    for (const name of names) expect(bench.log(name)).toBe(`${name}\n`);
    expect(new Set(told).size).toBe(names.length);
    expect(told.length).toBe(names.length);
  });
});
