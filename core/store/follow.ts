// Following: every event of some types from a stored position, at least once each, over restarts and failures.
import type { Clock, Timer } from '../clock.ts';
import type { RealmEvent } from '../contract/events.ts';
import type { Journal, Trouble } from './journal.ts';
import type { CursorTable } from './rows.ts';

const PAGE = 256;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** How far a position may stand behind events that were none of its types before it is stored. */
const IDLE_STEP = 1_000;

export interface FollowParts {
  readonly journal: Journal;
  readonly cursors: CursorTable;
  readonly clock: Clock;
  readonly trouble: Trouble;
  /** It is among these until it is stopped. */
  readonly going: Set<Follower>;
}

export type FollowHear = (event: RealmEvent) => void | Promise<void>;

/** One follower. A new one begins at the end of the journal; `journal.gap` is told when it is among the types. */
export class Follower {
  readonly #parts: FollowParts;
  readonly #cursor: string;
  readonly #types: readonly string[];
  readonly #hear: FollowHear;
  readonly #unlisten: () => void;
  #position: number;
  #stored: number;
  #failures = 0;
  #running: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(parts: FollowParts, cursor: string, types: readonly string[], hear: FollowHear) {
    this.#parts = parts;
    this.#cursor = cursor;
    this.#types = types;
    this.#hear = hear;
    const stored = parts.cursors.get(cursor);
    this.#position = stored ?? parts.journal.lastSeq;
    this.#stored = this.#position;
    if (stored === undefined) parts.cursors.put(cursor, this.#position);
    this.#unlisten = parts.journal.listen(() => this.#wake());
    parts.going.add(this);
    this.#wake();
  }

  /** The number of the last event that it is done with. */
  get position(): number {
    return this.#position;
  }

  /** Takes no further event; resolves when the one in hand is finished. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unlisten();
    this.#timer?.cancel();
    this.#parts.going.delete(this);
    await this.#running;
  }

  #wake(): void {
    this.#again = true;
    if (this.#running !== undefined || this.#timer !== undefined || this.#stopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#again && this.#timer === undefined) this.#wake();
    });
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // never inside the commit that woke it
    try {
      while (this.#again && !this.#stopped) {
        this.#again = false;
        await this.#page();
      }
      this.#failures = 0;
    } catch (error) {
      this.#parts.trouble(`follower ${this.#cursor}`, error);
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures);
      this.#failures += 1;
      this.#timer = this.#parts.clock.after(pause, () => {
        this.#timer = undefined;
        this.#wake();
      });
    }
  }

  /** What is committed after the position, then whether there is more. */
  async #page(): Promise<void> {
    const end = this.#parts.journal.committedSeq;
    const events = this.#parts.journal.read({ since: this.#position, type: this.#types, limit: PAGE });
    for (const event of events) {
      if (this.#stopped) return;
      const isSkipped = event.type === 'journal.gap' && !this.#types.includes('journal.gap');
      if (!isSkipped) await this.#hear(event);
      this.#done(event.seq, true);
      this.#failures = 0;
    }
    if (events.length >= PAGE) this.#again = true;
    else this.#done(Math.max(this.#position, end), false);
  }

  #done(seq: number, always: boolean): void {
    this.#position = seq;
    if (!always && seq - this.#stored < IDLE_STEP) return;
    this.#parts.cursors.put(this.#cursor, seq);
    this.#stored = seq;
  }
}
