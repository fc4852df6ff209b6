// The five questions on macOS, asked of ps and sysctl. UNTESTED: written from the manuals, never run on a Mac.
import { spawnSync } from 'node:child_process';
import type { Identity } from '../contract/processes.ts';
import { type System, TOKEN_VARIABLE } from './identity.ts';
import { killPid } from './kill.ts';

interface Line {
  readonly ppid: number;
  readonly state: string;
  readonly identity: Identity;
}

const ask = (command: string, ...args: readonly string[]): string =>
  spawnSync(command, args, { encoding: 'utf8', env: { LC_ALL: 'C', PATH: '/usr/bin:/bin:/usr/sbin:/sbin' } }).stdout ??
  '';

let boot: string | undefined;
const bootId = (): string => (boot ??= ask('sysctl', '-n', 'kern.bootsessionuuid').trim());

/** `ps -o pid=,ppid=,state=,lstart=`: three words, then the start time in the words of ctime(3). */
export function parsePs(text: string, bootOf: () => string): readonly Line[] {
  return text.split('\n').flatMap((line) => {
    const [pid, ppid, state, ...start] = line.trim().split(/\s+/);
    if (!pid || !ppid || !state || start.length < 5) return [];
    const startTime = start.slice(0, 5).join(' ');
    return [{ ppid: Number(ppid), state, identity: { pid: Number(pid), startTime, bootId: bootOf() } }];
  });
}

const COLUMNS = ['-o', 'pid=,ppid=,state=,lstart='] as const;
const living = (text: string): readonly Line[] => parsePs(text, bootId).filter((line) => !line.state.startsWith('Z'));

const identityOf = (pid: number): Identity | undefined => living(ask('ps', ...COLUMNS, '-p', String(pid)))[0]?.identity;

export const macos: System = {
  bootId,
  identityOf,
  isAlive(identity) {
    return identity.bootId === bootId() && identityOf(identity.pid)?.startTime === identity.startTime;
  },
  descendants(...pids) {
    const all = living(ask('ps', '-ax', ...COLUMNS));
    const found = new Set(all.filter((line) => pids.includes(line.ppid)));
    for (const parent of found) {
      for (const line of all) if (line.ppid === parent.identity.pid) found.add(line);
    }
    return [...found].map((line) => line.identity).filter(({ pid }) => !pids.includes(pid));
  },
  walk() {
    const entry = new RegExp(`(?<= )${TOKEN_VARIABLE}=(\\S+)`, 'g');
    return ask('ps', '-axEww', '-o', 'pid=,command=')
      .split('\n')
      .map((line) => ({
        pid: Number.parseInt(line.trim(), 10),
        tokens: [...line.matchAll(entry)].map(([, token]) => token!),
      }));
  },
  commandLine: (pid) => ` ${ask('ps', '-ww', '-o', 'command=', '-p', String(pid)).trim()} `,
  kill: killPid,
};
