// Notices that something happened to a process: by its files at once, and by looking at all now and then.
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import type { Exit, Identity, ProcessHandle, StartWish } from '../contract/processes.ts';
import { messageOf } from '../errors.ts';
import type { Machine } from './machine.ts';

const SWEEP_MS = 5_000;
/** When the exit file cannot tell: no watcher could be made, or the shim was killed and its command lives. */
const CLOSE_SWEEP_MS = 250;

export class Watched implements ProcessHandle {
  readonly dir: string;
  readonly token: string;
  shim: Identity | undefined;
  command: Identity | undefined;
  isBegun = false;
  exit: Exit | undefined;
  neverStarted = false;
  readonly unwatch: (() => void)[] = [];
  isBlind = false;
  /** Why it could not be looked at last. */
  trouble: string | undefined;
  /** What it follows, while what that left behind is still to be ended. */
  unswept: ProcessHandle | undefined;
  /** Its shim was gone when it was looked at last. */
  isOrphan = false;
  /** Given while the start is on its way. */
  wish: StartWish | undefined;
  resends = 0;
  settled: (() => void) | undefined;

  constructor(dir: string, token: string) {
    this.dir = dir;
    this.token = token;
  }
}

/** Told when one cannot be looked at, and with null when it can again. */
export type Trouble = (handle: ProcessHandle, message: string | null) => void;

export class Vigil {
  readonly #clock: Clock;
  readonly #machine: Machine;
  readonly #check: (handle: Watched) => void;
  readonly #trouble: Trouble;
  readonly #sweepMs: number;
  readonly #running = new Set<Watched>();
  readonly #news = new Set<Watched>();
  #isReading = false;
  #sweep: Timer | undefined;
  #isOver = false;

  /** `check` is called when there may be news of one; what it throws is the trouble of this one. */
  constructor(
    clock: Clock,
    machine: Machine,
    check: (handle: Watched) => void,
    {
      sweepMs = SWEEP_MS,
      trouble = () => {},
    }: { readonly sweepMs?: number | undefined; readonly trouble?: Trouble | undefined },
  ) {
    this.#clock = clock;
    this.#machine = machine;
    this.#check = check;
    this.#trouble = trouble;
    this.#sweepMs = sweepMs;
  }

  /** In the order in which they were added. */
  get running(): readonly Watched[] {
    return [...this.#running];
  }

  has(handle: Watched): boolean {
    return this.#running.has(handle);
  }

  add(handle: Watched): void {
    this.#running.add(handle);
    this.#lookForShim(handle);
    // The files, not the folder: others may write there all the time, such as its log.
    for (const name of ['exit', 'pid']) {
      try {
        const file = join(handle.dir, name);
        const stop = this.#machine.watch(
          file,
          () => this.#tell(handle),
          () => this.#blind(handle),
        );
        handle.unwatch.push(stop);
      } catch {
        handle.isBlind = true; // the system's limit of watchers: sweeping notices too, only later
      }
    }
    if (handle.isBlind) this.#blind(handle);
    this.#arm();
  }

  drop(handle: Watched): void {
    this.#running.delete(handle);
    this.#well(handle);
    for (const stop of handle.unwatch.splice(0)) stop();
  }

  /** It is looked at again soon; the others do not notice. */
  spoil(handle: Watched, error: unknown): void {
    if (!this.#running.has(handle)) return; // or all of this is over
    const before = handle.trouble;
    handle.trouble = messageOf(error);
    if (before !== handle.trouble) this.#trouble(handle, handle.trouble);
    this.#hurry();
  }

  #well(handle: Watched): void {
    if (handle.trouble === undefined) return;
    handle.trouble = undefined;
    if (!this.#isOver) this.#trouble(handle, null);
  }

  end(): void {
    this.#isOver = true;
    this.#sweep?.cancel();
    for (const handle of this.#running) this.drop(handle);
  }

  #blind(handle: Watched): void {
    handle.isBlind = true;
    this.#hurry();
  }

  #hurry(): void {
    this.#sweep?.cancel(); // sooner from now on
    this.#sweep = undefined;
    this.#arm();
  }

  /** News of hundreds of files may come in one go: each gets a turn of the event loop. */
  #tell(handle: Watched): void {
    this.#news.add(handle);
    if (!this.#isReading) void this.#readNews();
  }

  async #readNews(): Promise<void> {
    this.#isReading = true;
    try {
      for (const handle of this.#news) {
        await this.#machine.turn();
        this.#news.delete(handle);
        this.#lookAt(handle);
      }
    } finally {
      this.#isReading = false;
    }
  }

  /** The system may refuse for a moment (EMFILE, EIO), or somebody put something else in the place of its folder. */
  #lookAt(handle: Watched): void {
    try {
      this.#check(handle);
      if (handle.unswept === undefined) this.#well(handle);
    } catch (error) {
      if (!this.#running.has(handle)) throw error; // it was seen to end: who heard of it has a defect
      this.spoil(handle, error);
    }
  }

  #arm(): void {
    if (this.#isOver || this.#sweep !== undefined || this.#running.size === 0) return;
    const isClose = [...this.#running].some(
      ({ isBlind, isOrphan, trouble }) => isBlind || isOrphan || trouble !== undefined,
    );
    this.#sweep = this.#clock.after(isClose ? Math.min(CLOSE_SWEEP_MS, this.#sweepMs) : this.#sweepMs, () => {
      this.#sweep = undefined;
      for (const handle of this.#running) {
        this.#lookForShim(handle);
        // While its shim lives, it has not ended.
        if (handle.isOrphan || handle.isBlind || handle.trouble !== undefined || !handle.isBegun) this.#tell(handle);
      }
      this.#arm();
    });
  }

  #lookForShim(handle: Watched): void {
    const { shim } = handle;
    try {
      handle.isOrphan = shim !== undefined && !this.#machine.system.isAlive(shim);
    } catch (error) {
      this.spoil(handle, error);
    }
  }
}
