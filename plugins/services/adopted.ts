// A service that somebody else started: watched and ended by its pid, until the first restart, which is by its declaration.
import { readFileSync } from 'node:fs';
import type { Context, Exit, Identity, ProcessHandle, Sight } from 'realm-runner/plugin';
import type { Life } from './facts.ts';
import { folderOf } from './places.ts';
import { forgetAdoption, readAdoption } from './rows.ts';
import { descendantsOf, type Member, processTree } from './tree.ts';

/** It was nobody's child that we could have waited for. */
const UNSEEN: Exit = { status: null, why: 'it ended, and how is not known: somebody else had started it' };

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** The very process, not a later one with its number. */
function find({ pid, startTime, bootId: boot }: Identity, tree: ReadonlyMap<number, Member>): Member | undefined {
  const member = tree.get(pid);
  return member?.startTime === startTime && boot === bootId() ? member : undefined;
}

/** As `ctx.processes.look` says it of what Realm started. */
export function lookAt(name: string, { token, adopted }: Life, ctx: Context): Sight {
  if (adopted === undefined) return ctx.processes.look(folderOf(name, ctx), token);
  return find(adopted, processTree()) === undefined
    ? { state: 'ended', exit: UNSEEN }
    : { state: 'running', shim: undefined, command: undefined };
}

/** What is known of a life before the last one: that it has ended. */
export const ended = (dir: string, token: string): ProcessHandle => ({
  dir,
  token,
  shim: undefined,
  command: undefined,
  exit: { status: null, why: 'it ended before the last start' },
  neverStarted: false,
});

/** What can be done to a life, whoever began it. */
export interface Grip {
  /** Undefined while it runs. */
  readonly exit: Exit | undefined;
  members(): readonly number[];
  /** Answers how many processes got it. */
  signal(signal: NodeJS.Signals): number;
  /** Kills what it left behind. */
  sweep(): Promise<number>;
}

export function gripOn(name: string, { token, adopted, follows }: Life, ctx: Context): Grip {
  if (adopted === undefined) {
    const handle = ctx.processes.adopt(folderOf(name, ctx), token);
    const all = handle.exit !== undefined && follows !== undefined ? [handle, ended(handle.dir, follows)] : [handle];
    return {
      exit: handle.exit,
      members: () => all.flatMap((one) => ctx.processes.members(one).map(({ pid }) => pid)),
      signal: (signal) => all.reduce((reached, one) => reached + ctx.processes.signal(one, signal), 0),
      sweep: async () => (await Promise.all(all.map((one) => ctx.processes.sweep(one)))).reduce((a, b) => a + b, 0),
    };
  }
  const members = (): readonly number[] => {
    const tree = processTree();
    const root = find(adopted, tree);
    return root === undefined ? [] : [root.pid, ...descendantsOf(root.pid, tree).map(({ pid }) => pid)];
  };
  const isRunning = members().length > 0;
  const signal = (name: NodeJS.Signals): number => members().filter(sent(name)).length;
  return { exit: isRunning ? undefined : UNSEEN, members, signal, sweep: async () => signal('SIGKILL') };
}

const sent =
  (signal: NodeJS.Signals) =>
  (pid: number): boolean => {
    try {
      return process.kill(pid, signal);
    } catch {
      return false; // it ended between the look and the signal
    }
  };

/** A process that a person gave to this service, while it lives; the wish is used up. */
export function taken(name: string, ctx: Context): Identity | undefined {
  const wish = readAdoption(name, ctx);
  if (wish === null) return undefined;
  forgetAdoption(name, ctx);
  return find(wish, processTree()) === undefined ? undefined : wish;
}
