// Processes that outlive whoever started them: start, adopt, signal, and hear how they end.
import type { Clock } from '../clock.ts';
import type { Identity, ProcessHandle, Processes, Sight, StartWish } from '../contract/processes.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { messageOf, RealmError } from '../errors.ts';
import { UNKNOWN_EXIT } from './exit.ts';
import { forgetClaims, giveUp, prepareFolder, readOwner, readTold, restoreFolder } from './folder.ts';
import type { System } from './identity.ts';
import { checkWish } from './launch-line.ts';
import type { Launcher } from './launcher.ts';
import { type Machine, machineWith } from './machine.ts';
import { membersOf, signalTree, type Tree } from './signal.ts';
import { isGone, sightOf } from './sight.ts';
import { Strays } from './strays.ts';
import { type Trouble, Vigil, Watched } from './vigil.ts';

export interface OpenProcesses extends Processes {
  /** Stops watching. All processes live on; a start that is on its way happens or not, as `adopt` will tell. */
  close(): void;
}

export interface ProcessOptions {
  /** Ends are heard at once through the exit file; so often all are looked at besides, for what could not write one. Default 5_000. */
  readonly sweepMs?: number;
  readonly crash?: CrashPoint;
  /** Told when a process cannot be looked at, or what it follows cannot be ended, and with null when it can again. */
  readonly trouble?: Trouble;
}

const START_BUDGET_MS = 10_000;
const RESENDS = 3;
/** Far longer than a line can be on its way. */
const CLAIM_MS = 600_000;

/** What is known of a process that may run. */
type Life = Pick<Watched, 'token' | 'shim' | 'command'> & { readonly wish?: StartWish | undefined };

const failed = (message: string, cause?: unknown, hint?: string): RealmError =>
  new RealmError('PROCESS_START_FAILED', message, { cause, ...(hint === undefined ? {} : { hint }) });

class MachineProcesses implements OpenProcesses {
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #system: System;
  readonly #launcher: Launcher;
  readonly #crash: CrashPoint;
  readonly #vigil: Vigil;
  readonly #hearers = new Set<(handle: ProcessHandle) => void>();
  readonly #strays: Strays;
  #turn: Promise<void> | undefined;
  #closed = false;

  constructor(clock: Clock, machine: Machine, { sweepMs, crash = noCrash, trouble }: ProcessOptions) {
    this.#clock = clock;
    this.#machine = machine;
    this.#system = machine.system;
    this.#crash = crash;
    this.#launcher = machine.launcher(() => this.#sendAgain());
    this.#strays = new Strays(machine, clock);
    this.#vigil = new Vigil(clock, machine, (handle) => this.#check(handle), { sweepMs, trouble });
  }

  async start(wish: StartWish): Promise<ProcessHandle> {
    checkWish(wish);
    const turn = this.#myTurn();
    if (turn !== undefined) await turn; // alone, it is on its way when this returns
    if (this.#closed) throw failed(`"${wish.argv[0]}" was not started: Realm is stopping`);
    this.#prepare(wish);
    const handle = new Watched(wish.dir, wish.token);
    handle.wish = wish;
    this.#vigil.add(handle);
    const settled = this.#send(handle, wish).then(
      () => this.#settle(handle, wish),
      (error: unknown) => this.#settle(handle, wish, error),
    );
    const swept = wish.follows && this.#sweepFor(handle, wish.follows); // while the shells are at work
    try {
      await settled;
    } finally {
      await swept;
    }
    if (swept !== undefined) await this.#myTurn(); // many may have waited for one walk
    return handle;
  }

  #send(handle: Watched, wish: StartWish): Promise<void> {
    return new Promise<void>((settled) => {
      const timer = this.#clock.after(START_BUDGET_MS, settled, true); // held: nothing else may keep a short program alive
      handle.settled = () => {
        timer.cancel();
        settled();
      };
      this.#launcher.send(wish);
    });
  }

  /** When what was left behind cannot be searched for now, that is no reason not to start: it is tried again at the next look. */
  async #sweepFor(handle: Watched, follows: ProcessHandle): Promise<void> {
    try {
      await this.sweep(follows);
      handle.unswept = undefined;
    } catch (error) {
      handle.unswept = follows;
      this.#vigil.spoil(handle, error);
    }
  }

  /** `cause`: why it could not be sent. */
  #settle(handle: Watched, wish: StartWish, cause?: unknown): void {
    handle.wish = undefined;
    handle.settled?.();
    handle.settled = undefined;
    if (
      handle.shim === undefined &&
      handle.exit === undefined &&
      giveUp(handle.dir, handle.token, this.#crash) === 'given up'
    ) {
      this.#vigil.drop(handle);
      const why = cause === undefined ? ` within ${START_BUDGET_MS / 1000} s` : `: ${messageOf(cause)}`;
      throw failed(
        `"${wish.argv[0]}" was not started${why}`,
        cause,
        'look whether the machine is out of memory or processes (ulimit -u)',
      );
    }
  }

  /** One start per turn of the event loop: two hundred services that died at once must not hold up everything else. */
  #myTurn(): Promise<void> | undefined {
    const mine = this.#turn;
    const next: Promise<void> = Promise.resolve(mine)
      .then(() => this.#machine.turn())
      .then(() => {
        if (this.#turn === next) this.#turn = undefined;
      });
    this.#turn = next;
    return mine;
  }

  #prepare(wish: StartWish): void {
    for (const handle of this.#vigil.running) if (handle.dir === wish.dir) this.#check(handle); // its end may be news
    try {
      const owner = this.#vigil.running.find(({ dir }) => dir === wish.dir) ?? readOwner(wish.dir, this.#system);
      if (owner !== undefined && !this.#isGone(owner)) {
        throw new Error(`it belongs to a process that runs (its token is ${owner.token})`);
      }
      prepareFolder(wish, this.#crash);
      forgetClaims(wish.dir, this.#clock.now() - CLAIM_MS, this.#crash);
    } catch (error) {
      throw failed(`cannot prepare ${wish.dir}: ${messageOf(error)}`, error);
    }
  }

  look(dir: string, token: string): Sight {
    return sightOf(this.#system, dir, token, this.#find(dir, token));
  }

  adopt(dir: string, token: string): ProcessHandle {
    const known = this.#find(dir, token);
    const isRestored = restoreFolder(dir, token, this.#system, this.#crash);
    if (known !== undefined && isRestored) {
      this.#vigil.drop(known); // its files were others
      this.#vigil.add(known);
    }
    if (known !== undefined) return known;
    const handle = new Watched(dir, token);
    this.#look(handle);
    if (handle.exit !== undefined) return handle;
    if (handle.shim === undefined && giveUp(dir, token, this.#crash) === 'given up') {
      handle.neverStarted = true;
      handle.exit = { status: null, why: 'it was never started' };
      return handle;
    }
    this.#vigil.add(handle);
    this.#look(handle);
    this.#lookForEnd(handle);
    if (handle.exit !== undefined) this.#vigil.drop(handle);
    return handle;
  }

  #find(dir: string, token: string): Watched | undefined {
    return this.#vigil.running.find((handle) => handle.dir === dir && handle.token === token);
  }

  list(): readonly ProcessHandle[] {
    return this.#vigil.running;
  }

  members(handle: ProcessHandle): readonly Identity[] {
    return membersOf(this.#system, this.#treeOf(handle));
  }

  signal(handle: ProcessHandle, signal: NodeJS.Signals): number {
    return signalTree(this.#system, this.#treeOf(handle), signal);
  }

  sweep(handle: ProcessHandle): Promise<number> {
    return this.#strays.end(this.#treeOf(handle));
  }

  /** A shim that has written its last word lives for a moment longer, and carries the token too. */
  #treeOf({ dir, token, shim = readTold(dir, token, this.#system).shim }: ProcessHandle): Tree & { token: string } {
    return { roots: shim === undefined ? [] : [shim], token, spare: shim };
  }

  exits(hear: (handle: ProcessHandle) => void): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  close(): void {
    this.#closed = true;
    this.#vigil.end();
    this.#launcher.close();
  }

  /** Reads what the folder tells. */
  #look(handle: Watched): void {
    const told = readTold(handle.dir, handle.token, this.#system);
    handle.exit ??= told.exit;
    handle.shim ??= told.shim;
    handle.command ??= told.command;
    handle.isBegun ||= told.isBegun;
  }

  #lookForEnd(handle: Watched): void {
    if (handle.exit !== undefined || !this.#isGone(handle)) return;
    this.#look(handle); // it may have written its last word between the two looks
    handle.exit ??= UNKNOWN_EXIT;
  }

  #check(handle: Watched): void {
    if (!this.#vigil.has(handle)) return;
    this.#look(handle);
    this.#lookForEnd(handle);
    if (handle.isBegun || handle.exit !== undefined) handle.settled?.();
    if (handle.exit === undefined) {
      if (handle.unswept !== undefined) void this.#sweepFor(handle, handle.unswept);
      return;
    }
    this.#vigil.drop(handle);
    for (const hear of this.#hearers) hear(handle);
  }

  #isGone(life: Life): boolean {
    return life.wish === undefined && isGone(this.#system, life); // else it is on its way
  }

  #sendAgain(): void {
    for (const handle of this.#vigil.running) {
      if (handle.wish === undefined || handle.shim !== undefined || handle.resends >= RESENDS) continue;
      handle.resends += 1;
      this.#launcher.send(handle.wish);
    }
  }
}

/** Processes on any machine, a simulated one too. */
export function processesOn(clock: Clock, machine: Machine, options: ProcessOptions = {}): OpenProcesses {
  return new MachineProcesses(clock, machine, options);
}

/** The real processes of this machine. */
export const systemProcesses = (clock: Clock, system: System, options?: ProcessOptions): OpenProcesses =>
  processesOn(clock, machineWith(system), options);
