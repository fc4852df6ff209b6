// How long the journal keeps events: the oldest go to archive files first, a few at a time, and only then from the table.
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import { writeAtomic } from '../files.ts';
import type { Database } from './database.ts';
import { decodeEvent } from './event.ts';
import { historyLine } from './history.ts';
import type { Trouble } from './journal.ts';

/** Events per archive file and per transaction; small, so that the loop never pauses for long. */
export const ARCHIVE_EVENTS = 2_000;
const BETWEEN_MS = 100;
const LOOK_MS = 3_600_000;

export interface RetentionParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly crash: CrashPoint;
  /** Where `events-<from>-<to>.jsonl` go. */
  readonly folder: string;
  readonly trouble: Trouble;
  /** Default 100,000. */
  readonly maxEvents?: number;
  /** Default 30 days. */
  readonly maxAgeMs?: number;
}

export class Retention {
  readonly #parts: RetentionParts;
  #timer: Timer | undefined;
  #hurried = false;
  #oldest = 0;

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Looks now and then hourly; sooner while there is more to do. */
  start(): void {
    const more = this.#sweepQuietly();
    this.#timer = this.#parts.clock.after(more ? BETWEEN_MS : LOOK_MS, () => this.start());
  }

  /** After a commit: brings the next look forward when there are too many. */
  noticed(newest: number): void {
    if (newest - this.#oldest < this.#maxEvents + ARCHIVE_EVENTS || this.#hurried) return;
    this.#hurried = true;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(BETWEEN_MS, () => {
      this.#hurried = false;
      this.start();
    });
  }
  stop(): void {
    this.#timer?.cancel();
  }

  /** Archives and deletes at most one file's worth. Answers how many events went; never the newest one. */
  sweep(): number {
    const { database, clock, crash, folder } = this.#parts;
    const ends = database.get('SELECT min(seq) AS first, max(seq) AS last FROM events');
    if (ends === undefined || ends['first'] === null) return 0;
    const newest = Number(ends['last']);
    this.#oldest = Number(ends['first']);
    const tooMany = newest - this.#maxEvents;
    const tooOld = clock.now() - (this.#parts.maxAgeMs ?? 30 * 86_400_000);
    const rows = database
      .all('SELECT * FROM events WHERE seq < ? ORDER BY seq LIMIT ?', newest, ARCHIVE_EVENTS)
      .map(decodeEvent);
    const keep = rows.findIndex((event) => event.seq > tooMany && event.at >= tooOld);
    const going = keep === -1 ? rows : rows.slice(0, keep);
    const byCount = going.length > 0 && going.at(-1)!.seq <= tooMany && going.at(-1)!.at >= tooOld;
    // Too many by a few are left until they fill a file; too old ones are not.
    if (going.length === 0 || (byCount && going.length < ARCHIVE_EVENTS)) return 0;
    const from = going[0]!.seq;
    const to = going.at(-1)!.seq;
    crash('journal.archive:before');
    writeAtomic(join(folder, `events-${from}-${to}.jsonl`), going.map(historyLine).join(''), { mode: 0o600, crash });
    crash('journal.archive:after');
    database.run('DELETE FROM events WHERE seq <= ?', to);
    this.#oldest = to + 1;
    return going.length;
  }

  get #maxEvents(): number {
    return this.#parts.maxEvents ?? 100_000;
  }

  #sweepQuietly(): boolean {
    try {
      return this.sweep() > 0;
    } catch (error) {
      this.#parts.trouble('retention of the journal', error); // the events stay where they are
      return false;
    }
  }
}
