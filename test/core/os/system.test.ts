// Who a process is: pid, start time and boot together; zombies and strangers with the same pid are not it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { TOKEN_VARIABLE } from '../../../core/os/identity.ts';
import { hasMoreThanNone, kernelThreads, parseStat } from '../../../core/os/linux.ts';
import { parsePs } from '../../../core/os/macos.ts';
import { carriersOf, signalOne, signalTree } from '../../../core/os/signal.ts';
import { thisSystem } from '../../../core/os/system.ts';
import { alive, system, until } from './place.ts';

function sh(script: string, token = 'none'): ReturnType<typeof spawn> {
  const child = spawn('sh', ['-c', script], {
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin', [TOKEN_VARIABLE]: token },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

test('this process is alive; with another start time or after another boot it would not be', () => {
  const me = system.identityOf(process.pid)!;
  expect(me.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  expect(system.isAlive(me)).toBe(true);
  expect(system.isAlive({ ...me, startTime: '1' })).toBe(false);
  expect(system.isAlive({ ...me, bootId: 'another' })).toBe(false);
  expect(system.identityOf(2 ** 22 + 1)).toBe(undefined);
});

test('a zombie answers kill 0 and has its start time, but is not alive; a stopped process is', async () => {
  const parent = sh('sleep 0.2 & exec sleep 60');
  await until('the child is a zombie', () => {
    const names = readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    return names.some((name) => parseStat(readFileSync(`/proc/${name}/stat`, 'latin1'))?.state === 'Z');
  });
  const zombie = Number(readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim());
  const { startTime } = parseStat(readFileSync(`/proc/${zombie}/stat`, 'latin1'))!;
  expect(process.kill(zombie, 0)).toBe(true);
  expect(system.isAlive({ pid: zombie, startTime, bootId: system.bootId() })).toBe(false);
  expect(system.identityOf(zombie)).toBe(undefined);
  expect(system.descendants(parent.pid!)).toEqual([]);
  const me = system.identityOf(parent.pid!)!;
  process.kill(parent.pid!, 'SIGSTOP');
  await until('it is stopped', () => parseStat(readFileSync(`/proc/${parent.pid}/stat`, 'latin1'))?.state === 'T');
  expect(system.isAlive(me)).toBe(true);
});

test('descendants are found to any depth, the token beyond them, and only exactly', async () => {
  const token = `t${process.pid}`;
  const child = sh('sh -c "sleep 60 & sleep 60" & setsid sleep 60 & wait', token);
  await until('all run', () => carriersOf(system, token).length >= 5);
  expect(system.descendants(child.pid!).length).toBeGreaterThanOrEqual(4);
  expect(carriersOf(system, token.slice(0, -1))).toEqual([]);
  const all = carriersOf(system, token);
  expect(signalTree(system, { roots: [], token, spare: system.identityOf(child.pid!) }, 'SIGKILL')).toBe(
    all.length - 1,
  );
  await until('the others are gone', () => all.filter(alive).length <= 1);
});

test('a pid that changed hands is never signalled', async () => {
  const child = sh('exec sleep 60');
  await until('it runs', () => system.identityOf(child.pid!) !== undefined);
  const stranger = { ...system.identityOf(child.pid!)!, startTime: '1' };
  expect(signalOne(system, stranger, 'SIGKILL')).toBe(false);
  expect(signalTree(system, { roots: [stranger] }, 'SIGKILL')).toBe(0);
  expect(alive(system.identityOf(child.pid!))).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(signalOne(system, { ...stranger }, 'SIGKILL')).toBe(false);
});

test('a name with spaces and parentheses does not shift the fields', () => {
  const tail = Array.from({ length: 17 }, (_, index) => index + 5).join(' ');
  expect(parseStat(`77 (a) b (c d) S 5 ${tail} 4711 0`)).toEqual({ pid: 77, ppid: 5, state: 'S', startTime: '4711' });
  for (const line of ['', '77 (sh', 'x (sh) S 1', '77 (sh) S']) expect(parseStat(line)).toBe(undefined);
});

test('the lines of ps on macOS are read; other systems are refused by name', () => {
  const text = '  501     1 Ss   Fri Nov 20 09:12:01 2026\n  502   501 Z    Fri Nov 20 09:12:02 2026\n\njunk\n';
  expect(parsePs(text, () => 'boot')).toEqual([
    { ppid: 1, state: 'Ss', identity: { pid: 501, startTime: 'Fri Nov 20 09:12:01 2026', bootId: 'boot' } },
    { ppid: 501, state: 'Z', identity: { pid: 502, startTime: 'Fri Nov 20 09:12:02 2026', bootId: 'boot' } },
  ]);
  expect(() => thisSystem('win32')).toThrow('cannot watch processes on win32');
});

/** /proc/PID/stat with these fields, by the numbers of proc_pid_stat(5). */
const statWith = (fields: Record<number, string>): string => {
  const all = Array.from({ length: 52 }, (_, index) => fields[index + 1] ?? '0');
  return [7, '(a) b (c)', ...all.slice(2)].join(' ');
};

test.each([
  ['begins to become another program', { 3: 'R', 26: '0', 50: '0', 51: '0' }, true],
  ['is between two steps of it, as Linux 6.18 makes them', { 3: 'R', 26: '0', 50: '900', 51: '900' }, true],
  ['has become it since', { 3: 'S', 26: '100', 50: '900', 51: '950' }, true],
  ['has no environment', { 3: 'S', 26: '100', 50: '900', 51: '900' }, false],
  ['has ended', { 3: 'Z', 26: '0', 50: '0', 51: '0' }, false],
  ['is a thread of the kernel', { 3: 'I', 9: String(0x0020_8040), 26: '0', 50: '0', 51: '0' }, false],
])('of an environment that was empty there is more to come when the process %s', (_, fields, is) => {
  expect(hasMoreThanNone(statWith(fields))).toBe(is);
});

test('threads of the kernel are not walked by; in a container process 2 may be anybody, whose children are', () => {
  const kthreadd = statWith({ 9: '2129984' });
  expect([...kernelThreads(kthreadd, '3 4 17 ')]).toEqual(['3', '4', '17']);
  expect([...kernelThreads(statWith({ 9: '4194304' }), '3 4 17 ')]).toEqual([]);
  expect([...kernelThreads('', '')]).toEqual([]);
});

test('a walk passes by every program, and by no thread of the kernel', () => {
  const list = '/proc/2/task/2/children';
  const isKernel = existsSync(list) && readFileSync('/proc/2/stat', 'latin1').includes('(kthreadd)');
  const threads = isKernel ? readFileSync(list, 'latin1').trim().split(' ').map(Number) : [];
  const programs = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isProgram(name));
  const walked = new Set([...system.walk()].map(({ pid }) => pid));
  expect(walked).toContain(process.pid);
  expect(threads.filter((pid) => walked.has(pid))).toEqual([]);
  expect(programs.filter((pid) => !walked.has(Number(pid)) && isProgram(pid))).toEqual([]); // others have ended meanwhile
});

function isProgram(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1') !== '';
  } catch {
    return false;
  }
}
