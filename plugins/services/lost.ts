// Finds what runs of a service although its folder was taken away: its environment says whose it is.
import { readdirSync } from 'node:fs';
import type { Context } from 'realm-runner/plugin';
import { folderOf } from './places.ts';
import { givenTo } from './tree.ts';

type World = Pick<Context, 'paths' | 'processes'>;

/** By root, then by service: tokens of what earlier lives of the daemon left running. Searched once: only this life starts more. */
const searched = new Map<string, ReadonlyMap<string, readonly string[]>>();

/** Tokens of what runs of a service that no `life.json` speaks of. */
export function lostTokens(name: string, ctx: World): readonly string[] {
  const dir = folderOf(name, ctx);
  const { root } = ctx.paths;
  const own = ctx.processes.list().flatMap((handle) => (handle.dir === dir ? [handle.token] : []));
  const earlier = searched.get(root) ?? search(root);
  searched.set(root, earlier);
  return [...new Set([...own, ...(earlier.get(name) ?? [])])].filter((token) => isRunning(dir, token, ctx));
}

const isRunning = (dir: string, token: string, { processes }: World): boolean =>
  processes.members({ dir, token, shim: undefined, command: undefined, exit: undefined, neverStarted: false }).length >
  0;

function search(root: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const pid of pids()) {
    if (pid === process.pid || givenTo(pid, 'REALM_ROOT') !== root) continue;
    const [name, token] = [givenTo(pid, 'REALM_SERVICE'), givenTo(pid, 'REALM_TOKEN')];
    if (name === undefined || token === undefined) continue;
    found.set(name, [...(found.get(name) ?? []), token]);
  }
  return found;
}

function pids(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return []; // another system
  }
}
