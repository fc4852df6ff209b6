// Real processes: how they start, end, are adopted, and how little the death of their starter matters.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import type { Identity } from '../../../core/contract/processes.ts';
import { RealmError } from '../../../core/errors.ts';
import { TOKEN_VARIABLE } from '../../../core/os/identity.ts';
import { systemRandom } from '../../../core/random.ts';
import { sessionWords, SHIM } from '../../../core/os/launcher.ts';
import { giveUp, prepareFolder, readTold } from '../../../core/os/folder.ts';
import { systemProcesses } from '../../../core/os/processes.ts';
import { alive, childOf, endTokens, exitOf, place, system, until } from './place.ts';

/** The ways of this machine to start a session, each tried. */
function sessions(): string[][] {
  const found: string[][] = [];
  sessionWords((words) => {
    if (existsSync(words[0]!)) found.push([...words]);
    return false;
  });
  return found;
}

const lastResort = sessionWords(() => false);

async function refusal(work: Promise<unknown>): Promise<RealmError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RealmError);
  return error as RealmError;
}

test('a process gets its words, folder and whole environment, and its output is in its log', async () => {
  const { processes, wish, log, folder } = place();
  const args = ["it's", 'two\nlines', '--flag', '$HOME `x` "y"', ''];
  const env = { PATH: '/usr/bin:/bin', TEXT: "a'b\nc\n\n", log: 'mine', dir: 'mine too' };
  const script = 'printf "<%s>" "$@" "$TEXT" "$log" "$dir" "$HOME" "$PWD"; echo oops >&2; exit 3';
  const handle = await processes.start(wish('one', '', { argv: ['sh', '-c', script, 'zero', ...args], env }));
  expect(await exitOf(processes, handle)).toEqual({ status: 3, why: 'exit 3' });
  const words = [...args, "a'b\nc\n\n", 'mine', 'mine too', '', folder];
  expect(log('one')).toBe(`${words.map((word) => `<${word}>`).join('')}oops\n`);
  expect(processes.list()).toEqual([]);
  expect(readdirSync(join(folder, 'one')).toSorted()).toEqual(['exit', 'log', 'pid', `started-${handle.token}`]);
});

test('secrets of the environment stand in no command line and in no file', async () => {
  const { processes, wish, folder } = place();
  const handle = await processes.start(
    wish('one', 'sleep 30', { env: { PATH: '/usr/bin:/bin', KEY: 'hunter2-secret' } }),
  );
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const line = existsSync(`/proc/${pid}/cmdline`) ? spawnSync('cat', [`/proc/${pid}/cmdline`]).stdout.toString() : '';
    expect(line).not.toContain('hunter2-secret');
  }
  expect(spawnSync('grep', ['-r', 'hunter2-secret', folder]).status).toBe(1);
  processes.signal(handle, 'SIGKILL');
});

test('a command that does not exist, cannot be executed, or is only a word of the shell: each a clear exit', async () => {
  const { processes, wish, log, folder } = place();
  const run = async (name: string, argv: readonly string[], cwd = folder): Promise<string> => {
    const handle = await processes.start(wish(name, '', { argv, cwd }));
    const { status, why } = await exitOf(processes, handle);
    return `${status}: ${why}`;
  };
  expect(await run('absent', ['no-such-program'])).toMatch(/^127: .*not found/);
  expect(log('absent')).toContain('no-such-program: not found');
  writeFileSync(join(folder, 'plain.txt'), 'text');
  expect(await run('plain', [join(folder, 'plain.txt')])).toMatch(/^126: .*cannot be executed/);
  expect(await run('word', ['exit', '5'])).toMatch(/^127/);
  expect(await run('builtin', ['echo', 'hi'])).toBe('0: exit 0');
  expect(await run('cwd', ['true'], join(folder, 'nowhere'))).toBe(
    '126: its working folder cannot be entered; see the log',
  );
  expect(log('cwd')).toContain('nowhere');
});

test.each([
  [{ argv: [] }, 'the command is empty'],
  [{ argv: ['-x'] }, '"-x" begins with a dash'],
  [{ argv: ['a\0b'] }, 'NUL'],
  [{ cwd: '/a\0b' }, 'NUL'],
  [{ env: { 'A B': '1' } }, '"A B" cannot be the name'],
  [{ env: { _realm_dir: '1' } }, '"_realm_dir" cannot be the name'],
  [{ env: { A: '1\0' } }, 'variable A holds a NUL byte'],
  [{ token: 'a b' }, '"a b" cannot be a token'],
])('%j is refused before anything is started', async (more, says) => {
  const { processes, wish, folder } = place();
  const error = await refusal(processes.start(wish('one', 'true', more)));
  expect(error.code).toBe('PROCESS_START_INVALID');
  expect(error.message).toContain(says);
  expect(existsSync(join(folder, 'one'))).toBe(false);
});

test('a folder that cannot be made is PROCESS_START_FAILED', async () => {
  const { processes, wish, folder } = place();
  writeFileSync(join(folder, 'one'), 'a file is in the way');
  expect((await refusal(processes.start(wish('one', 'true')))).code).toBe('PROCESS_START_FAILED');
});

test('137 may be a signal or an exit, and both are said; INT and TERM reach the command', async () => {
  const { processes, wish } = place();
  const exits = await Promise.all(
    ['kill -9 $$', 'exit 137'].map(async (script, index) =>
      exitOf(processes, await processes.start(wish(`n${index}`, script))),
    ),
  );
  for (const exit of exits) expect(exit).toEqual({ status: 137, why: 'signal 9 (SIGKILL), or exit 137 of its own' });
  const waiting = 'trap "exit 40" INT; trap "exit 41" TERM; echo ready; while :; do sleep 0.02; done';
  for (const [signal, status] of [
    ['SIGINT', 40],
    ['SIGTERM', 41],
  ] as const) {
    const one = wish(signal, waiting);
    const handle = await processes.start(one);
    await until('it is ready', () => existsSync(one.log) && readFileSync(one.log, 'utf8') !== '');
    processes.signal(handle, signal);
    expect((await exitOf(processes, handle)).status).toBe(status);
  }
});

test('a signal to the shim or to its group loses no exit status', async () => {
  const { processes, wish, folder } = place();
  const one = wish(
    'one',
    `trap : HUP INT TERM USR1 USR2 XFSZ; echo ready; while [ ! -e ${folder}/go ]; do sleep 0.02; done; exit 9`,
  );
  const handle = await processes.start(one);
  await until('it is ready', () => existsSync(one.log) && readFileSync(one.log, 'utf8') !== '');
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGXFSZ'] as const) {
    process.kill(handle.shim!.pid, signal);
    process.kill(-handle.shim!.pid, signal);
  }
  writeFileSync(join(folder, 'go'), '');
  expect((await exitOf(processes, handle)).status).toBe(9);
});

test('when the shim is killed the command counts as running until it is gone, and then nobody knows how it ended', async () => {
  const { processes, wish } = place();
  const handle = await processes.start(wish('one', 'exec sleep 60'));
  const child = await childOf(handle);
  process.kill(handle.shim!.pid, 'SIGKILL');
  await until('the shim is gone', () => !alive(handle.shim));
  await new Promise((resolve) => systemClock.after(200, () => resolve(undefined))); // four sweeps
  expect(handle.exit).toBe(undefined);
  expect(processes.list()).toEqual([handle]);
  process.kill(child.pid, 'SIGKILL');
  const { status, why } = await exitOf(processes, handle);
  expect(status).toBe(null);
  expect(why).toContain('left no exit status');
});

test('KILL reaches everything the command started, also what left its session and its parents', async () => {
  const { processes, wish, folder } = place();
  const script = `(setsid sh -c 'echo $$ > ${folder}/escaped; exec sleep 60' &) ; sleep 60 & sleep 60`;
  const handle = await processes.start(wish('one', script));
  await until(
    'the grandchild runs',
    () => existsSync(join(folder, 'escaped')) && readFileSync(join(folder, 'escaped'), 'utf8') !== '',
  );
  const escaped = system.identityOf(Number(readFileSync(join(folder, 'escaped'), 'utf8')));
  let children: readonly Identity[] = [];
  const isAway = (): boolean => {
    children = system.descendants(handle.shim!.pid);
    return !children.some((child) => child.pid === escaped!.pid);
  };
  await until('what stood between them is gone', isAway);
  expect(alive(escaped)).toBe(true);
  processes.signal(handle, 'SIGKILL');
  expect((await exitOf(processes, handle)).status).toBe(137);
  await until('all are gone', () => !alive(escaped) && !children.some(alive));
  expect(processes.signal(handle, 'SIGKILL')).toBe(0);
});

test('another life adopts what runs, what ended meanwhile, and what is gone', async () => {
  const { processes, again, wish, folder } = place();
  const long = wish('long', `while [ ! -e ${folder}/go ]; do sleep 0.02; done; exit 12`);
  const short = wish('short', 'exit 7');
  const first = await processes.start(long);
  await exitOf(processes, await processes.start(short));
  processes.close();
  const later = again();
  expect(later.adopt(short.dir, short.token).exit).toEqual({ status: 7, why: 'exit 7' });
  const adopted = later.adopt(long.dir, long.token);
  expect(adopted.shim).toEqual(first.shim);
  expect(later.adopt(long.dir, long.token)).toBe(adopted);
  expect(later.list()).toEqual([adopted]);
  writeFileSync(join(folder, 'go'), '');
  expect((await exitOf(later, adopted)).status).toBe(12);
  const gone = wish('gone', 'exec sleep 60');
  const handle = await later.start(gone);
  const child = await childOf(handle);
  process.kill(handle.shim!.pid, 'SIGKILL');
  process.kill(child.pid, 'SIGKILL');
  await until('both are gone', () => !alive(handle.shim) && !alive(child));
  expect(again().adopt(gone.dir, gone.token).exit?.status).toBe(null);
});

test('a start that never happened is given up for good: a shim that comes late runs nothing', async () => {
  const { processes, again, wish, folder } = place();
  const late = wish('late', `echo ran >> ${folder}/ran`);
  const handle = again().adopt(late.dir, late.token);
  expect(handle.neverStarted).toBe(true);
  for (const name of ['exit', 'pid']) writeFileSync(join(late.dir, name), `${' '.repeat(511)}\n`);
  expect(spawnSync('sh', [SHIM, late.dir, late.token, late.log, '/', ...late.argv]).status).toBe(0);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
  expect(giveUp(late.dir, late.token)).toBe('given up');
  expect(processes.adopt(late.dir, late.token).neverStarted).toBe(true);
  expect(giveUp(join(folder, 'x'), 'tok')).toBe('given up');
});

const launchers = (): number[] =>
  system
    .descendants(process.pid)
    .map(({ pid }) => pid)
    .filter((pid) => system.commandLine(pid).includes('launch.sh'));

/** The shells that wait for the next start: nobody's children, and of the input of our launchers. */
function waiting(): number[] {
  const inputOf = (pid: number): string => {
    try {
      return readlinkSync(`/proc/${pid}/fd/0`);
    } catch {
      return ''; // it ended
    }
  };
  const openers = launchers();
  const inputs = new Set(openers.map(inputOf));
  const pids = readdirSync('/proc').map(Number);
  return pids.filter((pid) => inputs.has(inputOf(pid)) && pid !== process.pid && !openers.includes(pid));
}

test.each([
  ['starts processes', launchers],
  ['waits for the next start', waiting],
])('the shell that %s may be killed at any time: starts still happen, once each', async (_, shells) => {
  const { processes, wish, folder } = place();
  await exitOf(processes, await processes.start(wish('warm', 'true')));
  await until('one waits', () => waiting().length === 1);
  const count = 12;
  for (const pid of shells()) process.kill(pid, 'SIGSTOP'); // what is sent now is lost with it
  let ended = 0; // what already waits for a line takes one
  const starts = Array.from({ length: count }, async (_, index) => {
    const handle = await processes.start(wish(`n${index}`, `echo ${index} >> ${folder}/ran`));
    return exitOf(processes, handle).finally(() => (ended += 1));
  });
  await until('all are sent', () => processes.list().length + ended === count);
  for (const pid of shells()) process.kill(pid, 'SIGKILL');
  for (const exit of await Promise.all(starts)) expect(exit.status).toBe(0);
  const ran = readFileSync(join(folder, 'ran'), 'utf8').trim().split('\n').map(Number);
  expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
});

test('while a shell waits for the next start, no dead one is left lying about', async () => {
  const { processes, wish } = place();
  await exitOf(processes, await processes.start(wish('warm', 'true')));
  await until('one waits', () => waiting().length === 1);
  const states = (): string => String(spawnSync('ps', ['-o', 'stat=', '--ppid', launchers().join()]).stdout);
  await until('all others are buried', () => !states().includes('Z'));
});

test('a line that was cut off is not run, and the shells end with their input', async () => {
  const { folder } = place();
  const here = dirname(SHIM);
  const words = [join(here, 'launch.sh'), join(here, 'wait.sh'), ...sessionWords()];
  const lines = `echo whole > '${folder}/whole'\necho cut > '${folder}/cut'`;
  expect(spawnSync('/bin/sh', words, { input: lines, stdio: ['pipe', 'ignore', 'inherit'] }).status).toBe(0);
  await until('the whole one ran', () => existsSync(join(folder, 'whole')));
  expect(existsSync(join(folder, 'cut'))).toBe(false);
});

test('no process reads what is sent for the next ones', async () => {
  const { processes, wish, log } = place();
  await exitOf(processes, await processes.start(wish('reader', 'readlink /proc/self/fd/0')));
  expect(log('reader')).toBe('/dev/null\n');
});

test('processes and their exit status survive kill -9 of the program that started them', async () => {
  const { again, wish, folder } = place();
  const runs = Array.from({ length: 5 }, (_, index) =>
    wish(`n${index}`, `while [ ! -e ${folder}/go ]; do sleep 0.02; done; echo end ${index}; exit ${index}`),
  );
  writeFileSync(join(folder, 'wishes.json'), JSON.stringify(runs));
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'starter.ts'), join(folder, 'wishes.json')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  await new Promise<void>((resolve) => parent.stdout.once('data', () => resolve()));
  const ended = new Promise((resolve) => parent.once('exit', resolve));
  parent.kill('SIGKILL');
  await ended;
  const later = again();
  const handles = runs.map((one) => later.adopt(one.dir, one.token));
  for (const handle of handles) expect(alive(handle.shim)).toBe(true);
  writeFileSync(join(folder, 'go'), '');
  const exits = await Promise.all(handles.map((handle) => exitOf(later, handle)));
  expect(exits.map((exit) => exit.status)).toEqual([0, 1, 2, 3, 4]);
  for (const [index, one] of runs.entries()) expect(readFileSync(one.log, 'utf8')).toBe(`end ${index}\n`);
});

test('a line that is sent twice runs once, also when the first has ended already', async () => {
  const { processes, wish, folder } = place();
  const one = wish('one', `echo ran >> ${folder}/ran; exit 4`);
  await exitOf(processes, await processes.start(one));
  expect(spawnSync('sh', [SHIM, one.dir, one.token, one.log, '/', ...one.argv]).status).toBe(0);
  expect(readFileSync(join(folder, 'ran'), 'utf8')).toBe('ran\n');
  expect(processes.adopt(one.dir, one.token).exit?.status).toBe(4);
});

test('a shim that said who it is has not begun its command; a line counts once it is whole', () => {
  const { wish } = place();
  const one = wish('one', 'true');
  prepareFolder(one);
  const stat = readFileSync('/proc/self/stat', 'utf8').trim();
  const told = (text: string) => {
    const handle = openSync(join(one.dir, 'pid'), 'r+');
    writeSync(handle, text, 0);
    closeSync(handle);
    const { shim, command, isBegun } = readTold(one.dir, one.token, system);
    return [shim?.pid, command?.pid, isBegun];
  };
  const line = `${system.bootId()} ${one.token} ${stat}`;
  expect(told(line)).toEqual([undefined, undefined, false]);
  expect(told(`${line}\n`)).toEqual([process.pid, undefined, false]);
  expect(told(`${line}\n${stat}`)).toEqual([process.pid, undefined, false]);
  expect(told(`${line}\n${stat}\n`)).toEqual([process.pid, process.pid, true]);
});

test('the exit status is written in place: nothing is cut off that would need a free block to come back', async () => {
  const { wish } = place();
  const one = wish('one', 'exit 23');
  prepareFolder(one);
  for (const name of ['exit', 'pid']) appendFileSync(join(one.dir, name), 'mark\n');
  spawnSync('sh', [SHIM, one.dir, one.token, one.log, '/', ...one.argv]);
  expect(readFileSync(join(one.dir, 'exit'), 'utf8')).toBe(`${'23'.padEnd(15)}\nmark\n`);
  expect(readFileSync(join(one.dir, 'pid'), 'utf8')).toMatch(/ mark\n$/);
});

/** The shim alone, under limits that others set. */
function underLimit(words: readonly string[], command: readonly string[]): string {
  const { wish, folder } = place();
  const one = wish('one', '', { argv: command });
  prepareFolder(one);
  const shim = join(folder, 'shim.sh'); // where another user may read it
  copyFileSync(SHIM, shim);
  spawnSync('chmod', ['-R', 'a+rwX', folder]);
  const [program = '', ...args] = [...words, 'sh', shim, one.dir, one.token, one.log, '/', ...one.argv];
  spawnSync(program, args, { stdio: 'ignore' });
  return readFileSync(join(one.dir, 'exit'), 'utf8').trim();
}

test('a log that may not grow further ends who writes it, not the shim', () => {
  const flood = 'i=0; while [ $i -lt 999 ]; do echo 0123456789; i=$((i+1)); done';
  expect(underLimit(['sh', '-c', 'ulimit -f 2; exec "$@"', 'sh'], ['sh', '-c', flood])).toBe('153');
});

/** Root has no limit of processes, so another user goes against his. */
const poor = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'prlimit', '--nproc=1'];
test.skipIf(spawnSync(poor[0]!, [...poor.slice(1), 'true']).status !== 0)(
  'where no process can be made, that is said at once',
  () => {
    expect(underLimit(poor, ['true'])).toBe('fork');
  },
);

const mounts = spawnSync('unshare', ['-m', 'true']).status === 0;
test.skipIf(!mounts)('the exit status is kept when the disk is full', async () => {
  const { processes, wish, folder } = place();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0)
    return console.warn('SKIPPED: no tmpfs can be mounted here');
  try {
    const one = wish('disk/one', `while [ ! -e ${folder}/go ]; do sleep 0.02; done; exit 23`);
    const handle = await processes.start(one);
    expect(spawnSync('dd', ['if=/dev/zero', `of=${disk}/big`, 'bs=1k', 'count=999']).status).toBe(1);
    writeFileSync(join(folder, 'go'), '');
    expect((await exitOf(processes, handle)).status).toBe(23);
    expect(readFileSync(join(one.dir, 'exit'), 'utf8')).toBe(`${'23'.padEnd(15)}\n`);
  } finally {
    spawnSync('umount', ['-l', disk]);
  }
});

test.each(sessions())('%s starts a process that hears INT, in a session of its own', async (...words) => {
  const { folder } = place();
  const token = systemRandom.id();
  endTokens(new Set([token]));
  const script = `trap "echo int > ${folder}/heard; exit" INT; echo $$ > ${folder}/pid; while :; do sleep 0.02; done`;
  const line = ['-c', '("$@")', 'sh', ...words, 'sh', '-c', script];
  const env = { PATH: '/usr/bin:/bin', [TOKEN_VARIABLE]: token };
  expect(spawnSync('sh', line, { stdio: 'ignore', env }).status).toBe(0);
  await until(
    'it is up',
    () => existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8').endsWith('\n'),
  );
  const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
  expect(
    spawnSync('ps', ['-o', 'sid=', '-p', String(pid)])
      .stdout.toString()
      .trim(),
  ).toBe(String(pid));
  process.kill(pid, 'SIGINT');
  await until('it heard', () => existsSync(join(folder, 'heard')));
});

test('without setsid and perl the shell is the last resort', () => {
  expect(lastResort[0]).toBe('/bin/sh');
});

test.each([...sessions(), lastResort])('%s leaves what it starts its input', (...words) => {
  const { stdout } = spawnSync(words[0]!, [...words.slice(1), 'cat'], { input: 'the line' });
  expect(String(stdout)).toBe('the line');
});

test('a folder may be used again and again, and old claims go', async () => {
  const { processes, wish, folder } = place();
  for (let round = 0; round < 3; round++) {
    const handle = await processes.start(wish('one', `echo ${round}; exit ${round}`));
    expect((await exitOf(processes, handle)).status).toBe(round);
  }
  expect(readFileSync(join(folder, 'one', 'log'), 'utf8')).toBe('0\n1\n2\n');
  const claims = (): string[] => readdirSync(join(folder, 'one')).filter((name) => name.startsWith('started-'));
  expect(claims()).toHaveLength(3);
  for (const name of claims()) utimesSync(join(folder, 'one', name), 0, 0);
  await exitOf(processes, await processes.start(wish('one', 'true')));
  expect(claims()).toHaveLength(1);
});

test('of many starts at once, one is made in each turn of the event loop', async () => {
  const { processes, wish } = place();
  const wishes = Array.from({ length: 5 }, (_, index) => wish(`n${index}`, 'exit 0'));
  const made = (): number => wishes.filter(({ dir }) => existsSync(dir)).length;
  const starts = wishes.map((one) => processes.start(one));
  expect(made()).toBe(1); // alone, it is on its way at once
  while (made() < wishes.length) {
    const before = made();
    await new Promise((resolve) => setImmediate(resolve));
    expect(made() - before).toBeLessThanOrEqual(1);
  }
  await Promise.all(starts);
});

test('of many ends at once, one is heard in each turn of the event loop', async () => {
  const { processes, wish } = place();
  const wishes = Array.from({ length: 5 }, (_, index) => wish(`n${index}`, 'exec sleep 30'));
  const handles = await Promise.all(wishes.map((one) => processes.start(one)));
  let heard = 0;
  processes.exits(() => (heard += 1));
  for (const handle of handles) processes.signal(handle, 'SIGKILL');
  spawnSync('sleep', ['0.3']); // all have ended, and nobody could hear it yet
  while (heard < handles.length) {
    const before = heard;
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard - before).toBeLessThanOrEqual(1);
  }
});

test('of many restarts that waited for one search, one goes on in each turn of the event loop', async () => {
  const { processes, wish } = place();
  const before = await Promise.all(
    Array.from({ length: 5 }, (_, index) => processes.start(wish(`n${index}`, 'exit 0'))),
  );
  await until('all ends', () => before.every(({ exit }) => exit !== undefined));
  const search = { isOver: false };
  const slow = {
    ...system,
    *walk() {
      while (!search.isOver) yield { pid: 1, tokens: [] };
      yield* system.walk();
    },
  };
  const life = systemProcesses(systemClock, slow);
  onTestFinished(() => life.close());
  let on = 0;
  const starts = before.map(async (follows, index) => {
    await life.start(wish(`n${index}`, 'exec sleep 30', { follows }));
    on += 1;
  });
  const begun = (): number => life.list().filter(({ command }) => command !== undefined).length;
  await until('all run', () => begun() === before.length);
  expect(on).toBe(0);
  search.isOver = true;
  while (on < before.length) {
    const known = on;
    await new Promise((resolve) => setImmediate(resolve));
    expect(on - known).toBeLessThanOrEqual(1);
  }
  await Promise.all(starts);
});
