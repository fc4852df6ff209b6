// The disk is full: say so once, refuse transactions, try again every few seconds, and go on where it stopped.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Clock, Timer } from '../clock.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import type { Watchman } from './database.ts';
import { isFull } from './database.ts';
import type { Fact } from './event.ts';

const RETRY_MS = 3_000;

export interface FullnessParts {
  readonly clock: Clock;
  readonly folder: string;
  /** States a fact; called with `store.full` once when it begins. */
  readonly state: (fact: Fact) => void;
  /** One transaction that commits everything pending. Throws while there is no room. */
  readonly retry: (fact: Fact) => void;
  readonly recovered: () => void;
}

export class Fullness implements Watchman {
  readonly #parts: FullnessParts;
  #reason: string | undefined;
  #trying = false;
  #timer: Timer | undefined;

  constructor(parts: FullnessParts) {
    this.#parts = parts;
  }

  get full(): boolean {
    return this.#reason !== undefined;
  }

  guard(): void {
    if (this.#reason !== undefined && !this.#trying) throw this.#error(undefined);
  }

  failed(error: unknown): unknown {
    if (!isFull(error)) return error;
    this.begin(error);
    return this.#error(error);
  }

  /** Also for a commit in the background that failed for another reason: it is kept and tried again all the same. */
  begin(error: unknown): void {
    if (this.#reason !== undefined) return;
    this.#reason = messageOf(error);
    this.#parts.state({ type: 'store.full', actor: 'kernel', data: { message: this.#reason } });
    this.#timer = this.#parts.clock.after(RETRY_MS, () => this.tryAgain());
  }

  /** True: there is room again, and everything kept is committed. */
  tryAgain(): boolean {
    if (this.#reason === undefined) return true;
    this.#timer?.cancel();
    const message = `state is written again to ${this.#parts.folder}`;
    this.#trying = true;
    try {
      this.#parts.retry({ type: 'store.recovered', actor: 'kernel', data: { message } });
      this.#reason = undefined;
    } catch (error) {
      this.#reason = messageOf(error);
      this.#timer = this.#parts.clock.after(RETRY_MS, () => this.tryAgain());
      return false;
    } finally {
      this.#trying = false;
    }
    this.#parts.recovered();
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #error(cause: unknown): RealmError {
    return new RealmError('STORE_FULL', `state cannot be written to ${this.#parts.folder}: ${this.#reason}`, {
      hint: `df -h ${this.#parts.folder}`,
      cause,
    });
  }
}

const WIDTH = 16;
const STEP = 10_000;

/**
 * Remembers on a full disk which event numbers were given out: a small file that has its block beforehand and is
 * written in place. Without it a crash while the disk is full would give two events the same number.
 */
export class Reservation {
  readonly #path: string;
  #upTo = 0;

  constructor(path: string) {
    this.#path = path;
    if (read(path) === undefined) this.#write(0, 'w');
  }

  /** The highest number given out, or 0 when all of them were committed. */
  get stored(): number {
    return read(this.#path) ?? 0;
  }

  cover(seq: number): void {
    if (seq <= this.#upTo) return;
    this.#upTo = seq + STEP;
    this.#write(this.#upTo, 'r+');
  }

  clear(): void {
    this.#upTo = 0;
    this.#write(0, 'r+');
  }

  #write(seq: number, flag: 'w' | 'r+'): void {
    const handle = openSync(this.#path, flag, 0o600);
    try {
      writeSync(handle, `${String(seq).padEnd(WIDTH - 1)}\n`, 0);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}

function read(path: string): number | undefined {
  try {
    const seq = Number(readFileSync(path, 'utf8').trim() || NaN);
    return Number.isSafeInteger(seq) && seq >= 0 ? seq : undefined;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
