// A folder and real processes for one test; afterwards nothing of them is left.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../core/clock.ts';

import type { Identity, ProcessHandle, Processes, StartWish } from '../../../core/contract/processes.ts';
import { type OpenProcesses, systemProcesses } from '../../../core/os/processes.ts';
import { signalTree } from '../../../core/os/signal.ts';
import { thisSystem } from '../../../core/os/system.ts';
import { systemRandom } from '../../../core/random.ts';

export const system = thisSystem();

/** Polls until it is true; fails after a minute, saying what it waited for. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface Place {
  readonly folder: string;
  readonly processes: OpenProcesses;
  /** Another life of the program: nothing in memory is shared. */
  again(): OpenProcesses;
  wish(name: string, script: string, more?: Partial<StartWish>): StartWish;
  log(name: string): string;
}

/** Ends everything that carries one of these tokens, when the test is over. */
export function endTokens(tokens: ReadonlySet<string>): void {
  onTestFinished(() => {
    for (const token of tokens) signalTree(system, { roots: [], token }, 'SIGKILL');
  });
}

export function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'realm-os-'));
  const lives: OpenProcesses[] = [];
  const tokens = new Set<string>();
  onTestFinished(() => {
    for (const life of lives) life.close();
    for (const token of tokens) signalTree(system, { roots: [], token }, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const again = (): OpenProcesses => {
    const life = systemProcesses(systemClock, system, { sweepMs: 50 });
    lives.push(life);
    return life;
  };
  return {
    folder,
    processes: again(),
    again,
    wish(name, script, more = {}) {
      const dir = join(folder, name);
      const token = more.token ?? systemRandom.id();
      tokens.add(token);
      const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
      return { dir, argv: ['/bin/sh', '-c', script], cwd: folder, env, log: join(dir, 'log'), ...more, token };
    },
    log: (name) => readFileSync(join(folder, name, 'log'), 'utf8'),
  };
}

/** Resolves with the exit of a process, whenever it comes. */
export async function exitOf(processes: Processes, handle: ProcessHandle): Promise<NonNullable<ProcessHandle['exit']>> {
  if (handle.exit === undefined) {
    await new Promise<void>((resolve) => {
      const stop = processes.exits((ended) => {
        if (ended !== handle) return;
        stop();
        resolve();
      });
    });
  }
  return handle.exit!;
}

/** The command under a shim, once it was forked. */
export async function childOf(handle: ProcessHandle): Promise<Identity> {
  await until('the command runs', () => system.descendants(handle.shim!.pid).length > 0);
  return system.descendants(handle.shim!.pid)[0]!;
}

export const alive = (identity: Identity | undefined): boolean => identity !== undefined && system.isAlive(identity);
