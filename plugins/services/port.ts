// Who listens on a TCP port of this machine, read from /proc; on other systems nobody is found.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandOf } from './tree.ts';

export interface Listener {
  /** null: its owner cannot be seen, as another user's. */
  readonly pid: number | null;
  /** As it was started, shortened; empty when it cannot be seen. */
  readonly command: string;
}

const LISTENING = '0A';

export function listenerOn(port: number): Listener | undefined {
  const inodes = socketsOn(port);
  if (inodes.size === 0) return undefined;
  for (const pid of numbersIn('/proc')) {
    if (holds(pid, inodes)) return { pid, command: commandOf(pid) };
  }
  return { pid: null, command: '' };
}

/** Quick, as it does not ask by whom. */
export const isListenedOn = (port: number): boolean => socketsOn(port).size > 0;

/** Whether one of these processes, all of them our own, listens on the port. */
export function isListenedOnBy(pids: readonly number[], port: number): boolean {
  const inodes = socketsOn(port);
  return inodes.size > 0 && pids.some((pid) => holds(pid, inodes));
}

/** Inodes of the sockets that listen on it, of IPv4 and IPv6. Fields as in proc_net_tcp: 1 local address, 3 state, 9 inode. */
function socketsOn(port: number): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const found = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of textOf(table).split('\n')) {
      if (!line.includes(`${suffix} `)) continue;
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) === true && fields[3] === LISTENING && fields[9] !== undefined)
        found.add(fields[9]);
    }
  }
  return found;
}

function holds(pid: number, inodes: ReadonlySet<string>): boolean {
  return numbersIn(`/proc/${pid}/fd`).some((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** None when the folder is gone, not ours to read, or this is another system. */
function numbersIn(folder: string): readonly number[] {
  try {
    return readdirSync(folder).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  } catch {
    return [];
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone meanwhile, without IPv6, or another system
  }
}
