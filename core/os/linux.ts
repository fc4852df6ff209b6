// The five questions on Linux, read from /proc.
import { readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from '../errors.ts';
import { type Identity, type System, TOKEN_VARIABLE } from './identity.ts';

/** One line of /proc/PID/stat, as far as we need it. */
export interface Stat {
  readonly pid: number;
  readonly ppid: number;
  readonly state: string;
  readonly startTime: string;
}

/** Fields as in proc_pid_stat(5). The name in parentheses may itself hold spaces and parentheses. */
export function parseStat(line: string): Stat | undefined {
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  const [state, ppid, startTime] = [fields[0], fields[1], fields[19]];
  const pid = Number.parseInt(line, 10);
  if (close < 0 || !state || !ppid || !startTime || !Number.isSafeInteger(pid)) return undefined;
  return { pid, ppid: Number(ppid), state, startTime };
}

/** Text of a file below /proc; undefined when the process is gone or belongs to somebody else. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

const statOf = (pid: number | string): Stat | undefined => {
  const line = read(`/proc/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
};
const isOver = (state: string): boolean => state === 'Z' || state === 'X' || state === 'x';
const pids = (): readonly string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

let boot: string | undefined;
const bootId = (): string => (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());

const identify = (stat: Stat): Identity => ({ pid: stat.pid, startTime: stat.startTime, bootId: bootId() });

function identityOf(pid: number): Identity | undefined {
  const stat = statOf(pid);
  return stat === undefined || isOver(stat.state) ? undefined : identify(stat);
}

function descendants(pid: number): readonly Identity[] {
  const children = new Map<number, Stat[]>();
  for (const name of pids()) {
    const stat = statOf(name);
    if (stat === undefined || isOver(stat.state)) continue;
    const siblings = children.get(stat.ppid);
    if (siblings) siblings.push(stat);
    else children.set(stat.ppid, [stat]);
  }
  const found: Stat[] = [...(children.get(pid) ?? [])];
  for (const stat of found) found.push(...(children.get(stat.pid) ?? []));
  return found.map(identify);
}

function findByToken(token: string): readonly Identity[] {
  const wanted = `${TOKEN_VARIABLE}=${token}`;
  return pids().flatMap((name) => {
    const environment = read(`/proc/${name}/environ`);
    if (environment === undefined || !environment.split('\0').includes(wanted)) return [];
    const identity = identityOf(Number(name));
    return identity === undefined ? [] : [identity];
  });
}

export const linux: System = {
  bootId,
  identityOf,
  isAlive(identity) {
    const now = identity.bootId === bootId() ? identityOf(identity.pid) : undefined;
    return now !== undefined && now.startTime === identity.startTime;
  },
  descendants,
  findByToken,
};
