// The processes of this machine as a tree, read from /proc in one go: who stems from whom, and what each uses.
import { readdirSync, readFileSync } from 'node:fs';

export interface Member {
  readonly pid: number;
  readonly parent: number;
  /** User and system time so far. */
  readonly cpuMs: number;
  /** Resident; what it shares with others counts for each of them. */
  readonly memoryBytes: number;
  /** Clock ticks after boot; tells a process from a later one with its number. */
  readonly startTime: string;
}

/** Linux counts processor time in hundredths of a second for programs, whatever the kernel's own tick (proc(5), sysconf(3)). */
const TICK_MS = 10;
const PAGE_BYTES = 4_096;
const MOST_IN_COMMAND = 80;

/** All processes by pid; empty where there is no /proc. */
export function processTree(): ReadonlyMap<number, Member> {
  const pids = namesIn('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((name) => memberOf(Number(name)) ?? []).map((member) => [member.pid, member]));
}

/** Those that stem from the process, without it; what has ended is left out, though nobody took note of it yet. */
export function descendantsOf(root: number, tree: ReadonlyMap<number, Member>): readonly Member[] {
  const children = Map.groupBy(tree.values(), ({ parent }) => parent);
  const found: Member[] = [];
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      open.push(child.pid);
    }
  }
  return found;
}

/** Processes whose environment holds the text, such as a token: also those that no longer stem from their first parent. */
export const carriersOf = (token: string, tree: ReadonlyMap<number, Member>): readonly Member[] =>
  [...tree.values()].filter(({ pid }) => textOf(`/proc/${pid}/environ`).includes(token));

/** What the variable was when it was started; undefined when there was none, or it cannot be seen. */
export const givenTo = (pid: number, name: string): string | undefined =>
  textOf(`/proc/${pid}/environ`)
    .split('\0')
    .find((variable) => variable.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Fields as in proc_pid_stat(5), counted behind the name, which may hold anything: 0 state, 1 parent, 11 and 12 time, 19 start, 21 pages. */
function memberOf(pid: number): Member | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  const nameEnd = stat.lastIndexOf(')');
  const fields = stat.slice(nameEnd + 2).split(' ');
  if (nameEnd === -1 || ['Z', 'X'].includes(fields[0]!)) return undefined;
  return {
    pid,
    parent: Number(fields[1]),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    memoryBytes: Number(fields[21]) * PAGE_BYTES,
    startTime: fields[19]!,
  };
}

/** As it was started, shortened; its short name when it hides that; empty when it cannot be seen. */
export function commandOf(pid: number): string {
  const words = textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
  return (words || textOf(`/proc/${pid}/comm`).trim()).slice(0, MOST_IN_COMMAND);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // another system
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // ended meanwhile
  }
}
