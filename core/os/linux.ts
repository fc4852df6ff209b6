// The five questions on Linux, read from /proc.
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import type { Identity } from '../contract/processes.ts';
import { errnoOf } from '../errors.ts';
import { type Passed, type System, TOKEN_VARIABLE } from './identity.ts';
import { killPid } from './kill.ts';

/** One line of /proc/PID/stat, as far as we need it. */
export interface Stat {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly startTime: string;
}

/** From the third on, as in proc_pid_stat(5). The name in parentheses may itself hold spaces and parentheses. */
export const fieldsOf = (line: string): readonly string[] => line.slice(line.lastIndexOf(')') + 2).split(' ');

/** Undefined when it is no such line. */
export function parseStat(line: string): Stat | undefined {
  const fields = fieldsOf(line);
  const [state, ppid, startTime] = [fields[0], fields[1], fields[19]];
  const pid = Number.parseInt(line, 10);
  if (!line.includes(')') || !state || !ppid || !startTime || !Number.isSafeInteger(pid)) return undefined;
  return { pid, ppid: Number(ppid), state, startTime };
}

/** What forks while it is walked by is met again in the next round; what never stops forking must not hold the walk for ever. */
const WALK_ROUNDS = 4;
/** What is in execve(2) for longer waits for a disk, or for a processor that it does not get. */
const LATE_ROUNDS = 20;

let buffer = Buffer.alloc(16_384); // one for all: a look at every process reads hundreds of these files

/** A file below /proc, valid until the next call; undefined when the process is gone or belongs to somebody else. */
function read(path: string): Buffer | undefined {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r');
    let length = 0;
    for (;;) {
      length += readSync(handle, buffer, length, buffer.length - length, null);
      if (length < buffer.length) return buffer.subarray(0, length); // these files are read whole or to where they end
      buffer = Buffer.concat([buffer], buffer.length * 2);
    }
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

const statOf = (pid: number | string): Stat | undefined => {
  const line = read(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line.toString('latin1'));
};
const isOver = (state: string): boolean => state === 'Z' || state === 'X' || state === 'x';
/** To its end; read() may stop sooner in a list that is longer than a page. Empty when there is none. */
function wholeOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** Without threads of the kernel, which carry no token: half of all on a small machine, thousands on a big one. */
function pids(): readonly string[] {
  const ofKernel = kernelThreads(wholeOf('/proc/2/stat'), wholeOf('/proc/2/task/2/children'));
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && !ofKernel.has(name));
}

let boot: string | undefined;
const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

const identify = (stat: Stat): Identity => ({ pid: stat.pid, startTime: stat.startTime, bootId: bootId() });

function identityOf(pid: number): Identity | undefined {
  const stat = statOf(pid);
  return stat === undefined || isOver(stat.state) ? undefined : identify(stat);
}

function descendants(...roots: readonly number[]): readonly Identity[] {
  const children = new Map<number, Stat[]>();
  for (const name of pids()) {
    const stat = statOf(name);
    if (stat === undefined || isOver(stat.state)) continue;
    const siblings = children.get(stat.ppid);
    if (siblings) siblings.push(stat);
    else children.set(stat.ppid, [stat]);
  }
  const found = new Set(roots.flatMap((pid) => children.get(pid) ?? []));
  for (const stat of found) for (const child of children.get(stat.pid) ?? []) found.add(child);
  return [...found].filter((stat) => !roots.includes(stat.pid)).map(identify);
}

const ENTRY = Buffer.from(`${TOKEN_VARIABLE}=`);
const NUL = 0;

/** The environment is a row of texts, each ended by a NUL. */
function tokensIn(environment: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = environment.indexOf(ENTRY); at >= 0; at = environment.indexOf(ENTRY, at + 1)) {
    if (at > 0 && environment[at - 1] !== NUL) continue;
    const end = environment.indexOf(NUL, at);
    if (end > at) found.push(environment.toString('latin1', at + ENTRY.length, end));
  }
  return found;
}

const NOTHING: readonly string[] = [];

function passed(name: string): Passed {
  const pid = Number(name);
  const environment = read(`/proc/${name}/environ`);
  if (environment === undefined) return { pid, tokens: NOTHING };
  return { pid, tokens: environment.length === 0 && isDue(name) ? undefined : tokensIn(environment) };
}

const KERNEL_THREAD = 0x0020_0000;
const isOfKernel = (flags: string | undefined): boolean => (Number(flags) & KERNEL_THREAD) !== 0;

/**
 * The pids of threads of the kernel, from the stat and the children of process 2, which starts them all; in a container that
 * may be anybody. Empty where the kernel does not list children (CONFIG_PROC_CHILDREN).
 */
export const kernelThreads = (stat: string, children: string): ReadonlySet<string> =>
  new Set(isOfKernel(fieldsOf(stat)[6]) ? children.trim().split(' ') : []);

/**
 * Whether a process whose environment was empty just now has one, or gets one: execve(2) takes the old one away some time
 * before it lays down the new one, and says last where the code begins. `line` is its /proc/PID/stat; proc_pid_stat(5):
 * 9 flags, 26 startcode, 50 env_start, 51 env_end.
 */
export function hasMoreThanNone(line: string): boolean {
  const fields = fieldsOf(line);
  const [state = '', flags, code, begin, end] = [0, 6, 23, 47, 48].map((index) => fields[index]);
  if (isOver(state) || isOfKernel(flags)) return false;
  return code === '0' || begin !== end;
}

function isDue(name: string): boolean {
  const line = read(`/proc/${name}/stat`);
  return line !== undefined && hasMoreThanNone(line.toString('latin1'));
}

function* walk(): Iterable<Passed> {
  const met = new Set<string>();
  let late: string[] = [];
  for (let round = 0; round < WALK_ROUNDS; round++) {
    const fresh = pids().filter((name) => !met.has(name));
    if (fresh.length === 0) break;
    for (const name of fresh) {
      met.add(name);
      const one = passed(name);
      if (one.tokens === undefined) late.push(name);
      else yield one;
    }
  }
  for (let round = 0; round < LATE_ROUNDS && late.length > 0; round++) {
    yield { pid: Number(late[0]), tokens: undefined };
    const again = late.map((name) => ({ name, one: passed(name) }));
    late = again.filter(({ one }) => one.tokens === undefined).map(({ name }) => name);
    for (const { one } of again) if (one.tokens !== undefined) yield one;
  }
}

export const linux: System = {
  bootId,
  identityOf,
  isAlive(identity) {
    const now = identity.bootId === bootId() ? identityOf(identity.pid) : undefined;
    return now !== undefined && now.startTime === identity.startTime;
  },
  descendants,
  walk,
  commandLine: (pid) => ` ${(read(`/proc/${pid}/cmdline`) ?? '').toString('utf8').replaceAll('\0', ' ')}`,
  kill: killPid,
};
