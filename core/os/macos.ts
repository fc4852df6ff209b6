// The five questions on macOS, asked of ps and sysctl. UNTESTED: written from the manuals, never run on a Mac.
import { spawnSync } from 'node:child_process';
import { type Identity, type System, TOKEN_VARIABLE } from './identity.ts';

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
  descendants(pid) {
    const all = living(ask('ps', '-ax', ...COLUMNS));
    const found = all.filter((line) => line.ppid === pid);
    for (const parent of found) found.push(...all.filter((line) => line.ppid === parent.identity.pid));
    return found.map((line) => line.identity);
  },
  findByToken(token) {
    const wanted = ` ${TOKEN_VARIABLE}=${token}`;
    return ask('ps', '-axEww', '-o', 'pid=,command=')
      .split('\n')
      .filter((line) => `${line} `.includes(`${wanted} `))
      .flatMap((line) => identityOf(Number.parseInt(line.trim(), 10)) ?? []);
  },
};
