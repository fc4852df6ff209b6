// Processes that outlive whoever started them: start, adopt, signal, and hear how they end.
import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../clock.ts';
import { messageOf, RealmError } from '../errors.ts';
import { type Exit, readExit, UNKNOWN_EXIT } from './exit.ts';
import { forgetClaims, giveUp, prepareFolder, readShim } from './folder.ts';
import type { Identity, System } from './identity.ts';
import { launchLine, type StartWish } from './launch-line.ts';
import { type Launcher, openLauncher, sessionWords, SHIM } from './launcher.ts';
import { membersOf, signalTree } from './signal.ts';

export interface ProcessHandle {
  readonly dir: string;
  readonly token: string;
  /** The shell around the command; it lives exactly as long. */
  readonly shim: Identity | undefined;
  /** Undefined while it runs. */
  readonly exit: Exit | undefined;
  /** Set when the start never happened and now never will: starting again, with another token, doubles nothing. */
  readonly neverStarted: boolean;
}

export interface Processes {
  /**
   * Starts a process that is nobody's child. Resolves once it runs (or has already ended).
   * Throws PROCESS_START_INVALID and PROCESS_START_FAILED; then nothing runs, and nothing will.
   */
  start(wish: StartWish): Promise<ProcessHandle>;
  /** Picks up what an earlier life of this program started with this token in this folder. */
  adopt(dir: string, token: string): ProcessHandle;
  /** Those that run. */
  list(): readonly ProcessHandle[];
  /** Signals the command and all it started, found by descent and by token; never its shim. Answers how many got it. */
  signal(handle: ProcessHandle, signal: NodeJS.Signals): number;
  /** Calls `hear` once for each process that ends, however it was started. Answers how to stop hearing. */
  exits(hear: (handle: ProcessHandle) => void): () => void;
  /** Stops watching. All processes live on. */
  close(): void;
}

const START_BUDGET_MS = 10_000;
const SWEEP_MS = 5_000;
/** When the exit file cannot tell: no watcher could be made, or the shim was killed and its command lives. */
const CLOSE_SWEEP_MS = 250;
const RESENDS = 3;
/** Far longer than a line can be on its way. */
const CLAIM_MS = 600_000;

class Watched implements ProcessHandle {
  readonly dir: string;
  readonly token: string;
  shim: Identity | undefined;
  exit: Exit | undefined;
  neverStarted = false;
  watcher: FSWatcher | undefined;
  /** Given while the start is on its way. */
  line: string | undefined;
  resends = 0;
  settled: (() => void) | undefined;

  constructor(dir: string, token: string) {
    this.dir = dir;
    this.token = token;
  }
}

class SystemProcesses implements Processes {
  readonly #clock: Clock;
  readonly #system: System;
  readonly #launcher: Launcher;
  readonly #sweepMs: number;
  #session: readonly string[] | undefined;
  readonly #running = new Set<Watched>();
  readonly #hearers = new Set<(handle: ProcessHandle) => void>();
  #sweep: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, system: System, sweepMs: number) {
    this.#clock = clock;
    this.#system = system;
    this.#sweepMs = sweepMs;
    this.#launcher = openLauncher(() => this.#sendAgain());
  }

  async start(wish: StartWish): Promise<ProcessHandle> {
    const line = launchLine(wish, SHIM, (this.#session ??= sessionWords()));
    const handle = new Watched(wish.dir, wish.token);
    try {
      prepareFolder(wish);
      forgetClaims(wish.dir, this.#clock.now() - CLAIM_MS);
    } catch (error) {
      throw new RealmError('PROCESS_START_FAILED', `cannot prepare ${wish.dir}: ${messageOf(error)}`, { cause: error });
    }
    handle.line = line;
    this.#watch(handle);
    await new Promise<void>((settled) => {
      const timer = this.#clock.after(START_BUDGET_MS, settled, true); // held: nothing else may keep a short program alive
      handle.settled = () => {
        timer.cancel();
        settled();
      };
      this.#launcher.send(line);
    });
    handle.line = undefined;
    handle.settled = undefined;
    if (handle.shim === undefined && handle.exit === undefined && giveUp(handle.dir, handle.token) === 'given up') {
      this.#unwatch(handle);
      const waited = `${START_BUDGET_MS / 1000} s`;
      throw new RealmError('PROCESS_START_FAILED', `"${wish.argv[0]}" was not started within ${waited}`, {
        hint: 'look whether the machine is out of memory or processes (ulimit -u)',
      });
    }
    return handle;
  }

  adopt(dir: string, token: string): ProcessHandle {
    for (const handle of this.#running) if (handle.dir === dir && handle.token === token) return handle;
    const handle = new Watched(dir, token);
    this.#look(handle);
    if (handle.exit !== undefined) return handle;
    if (handle.shim === undefined && giveUp(dir, token) === 'given up') {
      handle.neverStarted = true;
      handle.exit = { status: null, why: 'it was never started' };
      return handle;
    }
    this.#watch(handle);
    this.#check(handle);
    return handle;
  }

  list(): readonly ProcessHandle[] {
    return [...this.#running];
  }

  signal(handle: ProcessHandle, signal: NodeJS.Signals): number {
    const roots = handle.shim === undefined ? [] : [handle.shim];
    return signalTree(this.#system, { roots, token: handle.token, spare: handle.shim }, signal);
  }

  exits(hear: (handle: ProcessHandle) => void): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  close(): void {
    this.#closed = true;
    this.#sweep?.cancel();
    for (const handle of this.#running) this.#unwatch(handle);
    this.#launcher.close();
  }

  #watch(handle: Watched): void {
    this.#running.add(handle);
    try {
      handle.watcher = watch(handle.dir, { persistent: false }, () => this.#check(handle));
      handle.watcher.on('error', () => this.#blind(handle));
    } catch {
      this.#blind(handle); // the system's limit of watchers: sweeping notices too, only later
    }
    this.#arm();
  }

  #blind(handle: Watched): void {
    handle.watcher?.close();
    handle.watcher = undefined;
    this.#sweep?.cancel(); // sooner from now on
    this.#sweep = undefined;
    this.#arm();
  }

  #unwatch(handle: Watched): void {
    this.#running.delete(handle);
    handle.watcher?.close();
    handle.watcher = undefined;
  }

  /** Reads what the folder tells. */
  #look(handle: Watched): void {
    handle.exit ??= readExit(handle.dir);
    handle.shim ??= readShim(handle.dir, this.#system);
  }

  #check(handle: Watched): void {
    if (!this.#running.has(handle)) return;
    this.#look(handle);
    if (handle.exit === undefined && this.#isGone(handle)) {
      this.#look(handle); // it may have written its last word between the two looks
      handle.exit ??= UNKNOWN_EXIT;
    }
    if (handle.shim !== undefined || handle.exit !== undefined) handle.settled?.();
    if (handle.exit === undefined) return;
    this.#unwatch(handle);
    for (const hear of this.#hearers) hear(handle);
  }

  #isGone(handle: Watched): boolean {
    if (handle.line !== undefined) return false; // on its way
    if (handle.shim !== undefined && this.#system.isAlive(handle.shim)) return false;
    return membersOf(this.#system, { roots: [], token: handle.token }).length === 0;
  }

  #arm(): void {
    if (this.#closed || this.#sweep !== undefined || this.#running.size === 0) return;
    const blind = [...this.#running].some((handle) => handle.watcher === undefined || this.#isOrphan(handle));
    this.#sweep = this.#clock.after(blind ? Math.min(CLOSE_SWEEP_MS, this.#sweepMs) : this.#sweepMs, () => {
      this.#sweep = undefined;
      for (const handle of this.#running) this.#check(handle);
      this.#arm();
    });
  }

  #isOrphan(handle: Watched): boolean {
    return handle.shim !== undefined && !this.#system.isAlive(handle.shim);
  }

  #sendAgain(): void {
    for (const handle of this.#running) {
      if (handle.line === undefined || handle.shim !== undefined || handle.resends >= RESENDS) continue;
      handle.resends += 1;
      this.#launcher.send(handle.line);
    }
  }
}

/**
 * The real processes of this machine. Ends are heard at once through the exit file; every `sweepMs` (default 5_000) all are
 * looked at besides, for those that could not write one.
 */
export function systemProcesses(clock: Clock, system: System, { sweepMs = SWEEP_MS } = {}): Processes {
  return new SystemProcesses(clock, system, sweepMs);
}
