// Sends a signal to a process and all it started, and to nobody else.
import { nap } from '../clock.ts';
import type { Identity } from '../contract/processes.ts';
import type { System } from './identity.ts';

const FORK_RACE_ROUNDS = 10;
/** For a process in the middle of execve(2) to come out of it. */
const LATE_MS = 0.5;

/** What a tree is: below these processes, and everything that carries the token. */
export interface Tree {
  readonly roots: readonly Identity[];
  readonly token?: string;
  /** Never signalled, such as the shim that has to write the exit status. Its children are. */
  readonly spare?: Identity | undefined;
}

const sameProcess = (a: Identity, b: Identity | undefined): boolean =>
  b !== undefined && a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId;

/** Processes started with this token in their environment, whoever their parent is. */
export function carriersOf(system: System, token: string): readonly Identity[] {
  const found: Identity[] = [];
  for (const { pid, tokens } of system.walk()) {
    if (tokens === undefined) nap(LATE_MS);
    const identity = tokens?.includes(token) ? system.identityOf(pid) : undefined;
    if (identity !== undefined) found.push(identity);
  }
  return found;
}

/** Everything of the tree that runs now. A root that is gone, or whose pid somebody else has, counts for nothing. */
export function membersOf(system: System, tree: Tree): readonly Identity[] {
  const roots = tree.roots.filter((root) => system.isAlive(root));
  if (tree.token !== undefined) roots.push(...carriersOf(system, tree.token));
  if (roots.length === 0) return [];
  const found = new Map(roots.map((root) => [root.pid, root]));
  for (const member of system.descendants(...found.keys())) found.set(member.pid, member);
  return [...found.values()].filter((member) => member.pid !== process.pid && !sameProcess(member, tree.spare));
}

/**
 * Signals each member once; KILL is repeated until a look finds none that is new, so that a fork in between does not escape.
 * Answers how many processes got it. Each is identified again just before: a pid that changed hands is left alone.
 */
export function signalTree(system: System, tree: Tree, signal: NodeJS.Signals): number {
  const reached = new Set<number>();
  const rounds = signal === 'SIGKILL' ? FORK_RACE_ROUNDS : 1;
  for (let round = 0; round < rounds; round++) {
    const fresh = membersOf(system, tree).filter((member) => !reached.has(member.pid));
    if (fresh.length === 0) break;
    for (const member of fresh) if (signalOne(system, member, signal)) reached.add(member.pid);
  }
  return reached.size;
}

/** False when the process is gone or not ours to signal. */
export function signalOne(system: System, identity: Identity, signal: NodeJS.Signals): boolean {
  return system.isAlive(identity) && system.kill(identity.pid, signal);
}
