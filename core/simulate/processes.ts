// A machine without processes: programs are descriptions, time is virtual, and everything that can go wrong does, by seed.
import { existsSync } from 'node:fs';
import { type Clock, nextTurn } from '../clock.ts';
import type { StartWish } from '../contract/processes.ts';
import type { System } from '../os/identity.ts';
import type { Launcher } from '../os/launcher.ts';
import type { Machine } from '../os/machine.ts';
import { type OpenProcesses, type ProcessOptions, processesOn } from '../os/processes.ts';
import type { Random } from '../random.ts';
import type { VirtualClock } from './clock.ts';
import { ProcessTable, type VirtualProcess } from './process-table.ts';
import type { Programs } from './programs.ts';
import { runShim } from './shim.ts';

export interface VirtualMachineParts {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly programs: Programs;
  /** Told of each start whose shim is there and can have no process for its command. */
  readonly refused?: (wish: StartWish) => void;
  /** Each step of a start, an end or a notice takes up to this long. Default 5. */
  readonly slowMs?: number;
}

/**
 * What differs from a real machine is below `core/os`: all that decides there, claims, adoption, ends, runs as it is, on
 * real files. Not simulated: stopped processes, other users, a full disk.
 */
export interface VirtualMachine {
  readonly system: System;
  /** A life of the daemon. Several may live at once. */
  processes(options?: ProcessOptions): OpenProcesses;
  /** All lives end as by `kill -9`: wishes on their way are carried out or lost, processes live on. */
  killDaemon(): void;
  /** Ends the shells that start processes. Lives notice soon, and send again what was lost. */
  killLaunchers(): void;
  /**
   * So many next attempts to make a process fail (EAGAIN). It may hit the wish, which is lost, half the time with its
   * launcher; or the shim, which then says so.
   */
  refuseForks(count: number): void;
  /** Whether files can be watched; while not, ends are noticed by sweeping. */
  setWatching(isPossible: boolean): void;
  /** Everything that runs is gone without a word, lives too; pids and start times begin anew. */
  reboot(): void;
  /** All that runs, shims included. */
  running(): readonly VirtualProcess[];
  listener(port: number): VirtualProcess | undefined;
  /** How often the command of this start began to run. More than 1 is the thing that must never be. */
  timesBegun(token: string): number;
}

interface Life {
  readonly clock: Clock;
  readonly launcher: { wishes: StartWish[]; isBusy: boolean; onEnd: () => void };
  isOver: boolean;
}

interface Watcher {
  readonly life: Life;
  readonly changed: () => void;
}

class Simulated implements VirtualMachine {
  readonly #parts: VirtualMachineParts;
  readonly #table: ProcessTable;
  readonly #lives = new Set<Life>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #begun = new Map<string, number>();
  #canWatch = true;
  #refused = 0;

  constructor(parts: VirtualMachineParts) {
    this.#parts = parts;
    this.#table = new ProcessTable(parts.clock, parts.random, parts.slowMs ?? 5);
  }

  get system(): System {
    return this.#table.system;
  }

  processes(options?: ProcessOptions): OpenProcesses {
    const { clock } = this.#parts;
    const life: Life = {
      isOver: false,
      launcher: { wishes: [], isBusy: false, onEnd: () => {} },
      clock: {
        now: () => clock.now(),
        after: (ms, fn) =>
          clock.after(ms, () => {
            if (!life.isOver) fn();
          }),
      },
    };
    this.#lives.add(life);
    return processesOn(life.clock, this.#machineOf(life), options);
  }

  #machineOf(life: Life): Machine {
    return {
      system: this.system,
      turn: () => this.#parts.clock.busy(nextTurn()),
      launcher: (onEnd): Launcher => {
        life.launcher.onEnd = onEnd;
        return {
          send: (wish) => {
            life.launcher.wishes.push(wish);
            this.#carryOut(life.launcher);
          },
          close: () => {}, // it reads everything first, and nothing is sent any more
        };
      },
      watch: (file, changed) => {
        if (!this.#canWatch || !existsSync(file)) throw new Error(`cannot watch ${file}`);
        const watcher = { life, changed };
        const all = this.#watchers.get(file) ?? new Set();
        this.#watchers.set(file, all.add(watcher));
        return () => {
          if (all.delete(watcher) && all.size === 0) this.#watchers.delete(file);
        };
      },
    };
  }

  /** One after another, each in its own time. */
  #carryOut(launcher: Life['launcher']): void {
    if (launcher.isBusy || launcher.wishes.length === 0) return;
    launcher.isBusy = true;
    this.#parts.clock.after(this.#table.soon(), () => {
      launcher.isBusy = false;
      const wish = launcher.wishes.shift();
      if (wish === undefined) return; // killed in between
      if (this.#canFork()) this.#start(wish);
      else if (this.#parts.random.next() < 0.5) return this.#endLauncher(launcher);
      this.#carryOut(launcher);
    });
  }

  #canFork(): boolean {
    if (this.#refused === 0) return true;
    this.#refused -= 1;
    return false;
  }

  #start(wish: StartWish): void {
    runShim(wish, {
      table: this.#table,
      programs: this.#parts.programs,
      canFork: () => {
        const can = this.#canFork();
        if (!can) this.#parts.refused?.(wish);
        return can;
      },
      now: () => this.#parts.clock.now(),
      began: ({ token }) => this.#begun.set(token, this.timesBegun(token) + 1),
      wrote: (file) => {
        for (const { life, changed } of this.#watchers.get(file) ?? []) life.clock.after(this.#table.soon(), changed);
      },
    });
  }

  #endLauncher(launcher: Life['launcher']): void {
    launcher.wishes = [];
    const life = [...this.#lives].find((one) => one.launcher === launcher);
    life?.clock.after(this.#table.soon(), launcher.onEnd);
  }

  killDaemon(): void {
    for (const life of this.#lives) {
      life.isOver = true;
      const { wishes } = life.launcher; // what stands in the pipe is still read, up to where writing stopped
      wishes.length = Math.floor(this.#parts.random.next() * (wishes.length + 1));
    }
    for (const all of this.#watchers.values()) {
      for (const watcher of all) if (watcher.life.isOver) all.delete(watcher);
    }
    this.#lives.clear();
  }

  killLaunchers(): void {
    for (const { launcher } of this.#lives) this.#endLauncher(launcher);
  }

  refuseForks(count: number): void {
    this.#refused = count;
  }

  setWatching(isPossible: boolean): void {
    this.#canWatch = isPossible;
  }

  reboot(): void {
    for (const { launcher } of this.#lives) launcher.wishes = [];
    this.killDaemon();
    this.#table.reboot();
  }

  running(): readonly VirtualProcess[] {
    return this.#table.running();
  }

  listener(port: number): VirtualProcess | undefined {
    return this.#table.listener(port);
  }

  timesBegun(token: string): number {
    return this.#begun.get(token) ?? 0;
  }
}

export const virtualMachine = (parts: VirtualMachineParts): VirtualMachine => new Simulated(parts);
