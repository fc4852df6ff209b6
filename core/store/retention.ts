// How long the journal keeps events: the oldest go to archive files first, a few at a time, and only then from the table.
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import type { RealmEvent } from '../contract/events.ts';
import type { CrashPoint } from '../crash.ts';
import { writeAtomic } from '../files.ts';
import type { Database } from './database.ts';
import { decodeEvent } from './event.ts';
import { historyLine } from './history.ts';
import type { Trouble } from './journal.ts';

/** Events in an archive file. */
export const ARCHIVE_EVENTS = 2_000;
/** Events read, or deleted, in one step: so few that the loop never pauses for long. */
const STEP_EVENTS = 250;
const BETWEEN_MS = 25;
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
  #stopped = false;
  #gathered: RealmEvent[] = [];

  constructor(parts: RetentionParts) {
    this.#parts = parts;
  }

  /** Looks now and then hourly; sooner while there is more to do. */
  start(): void {
    if (this.#stopped) return;
    const more = this.#sweepQuietly();
    this.#timer = this.#parts.clock.after(more ? BETWEEN_MS : LOOK_MS, () => this.start());
  }

  /** After a commit: brings the next look forward when there are too many. */
  noticed(newest: number): void {
    if (newest - this.#oldest < this.#maxEvents + ARCHIVE_EVENTS || this.#hurried || this.#stopped) return;
    this.#hurried = true;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.after(BETWEEN_MS, () => {
      this.#hurried = false;
      this.start();
    });
  }
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** One small step: reads for the archive, writes a file of it, or deletes what is archived. False: nothing to do. */
  sweep(): boolean {
    const { database } = this.#parts;
    // Two looks at the ends of the index; asked for together, SQLite would read the whole table.
    const ends = database.get('SELECT (SELECT min(seq) FROM events) AS first, (SELECT max(seq) FROM events) AS last');
    if (ends === undefined || ends['first'] === null) return false;
    this.#oldest = Number(ends['first']);
    const archived = Number(database.get("SELECT value FROM meta WHERE key = 'archived'")?.['value'] ?? 0);
    if (this.#oldest > archived) return this.#gather(Number(ends['last']));
    const upTo = Math.min(archived, this.#oldest + STEP_EVENTS - 1);
    database.run('DELETE FROM events WHERE seq <= ?', upTo);
    return true;
  }

  /** The newest one always stays: its number is where a later start goes on. */
  #gather(newest: number): boolean {
    const tooMany = newest - this.#maxEvents;
    const tooOld = this.#parts.clock.now() - (this.#parts.maxAgeMs ?? 30 * 86_400_000);
    const position = this.#gathered.at(-1)?.seq ?? 0;
    const oldest = this.#parts.database.get('SELECT seq, at FROM events WHERE seq > ? ORDER BY seq LIMIT 1', position);
    if (position === 0 && Number(oldest?.['seq']) > tooMany && Number(oldest?.['at']) >= tooOld) return false;
    const rows = this.#parts.database
      .all('SELECT * FROM events WHERE seq > ? AND seq < ? ORDER BY seq LIMIT ?', position, newest, STEP_EVENTS)
      .map(decodeEvent);
    const keep = rows.findIndex((event) => event.seq > tooMany && event.at >= tooOld);
    this.#gathered.push(...(keep === -1 ? rows : rows.slice(0, keep)));
    const isFile = this.#gathered.length >= ARCHIVE_EVENTS;
    if (!isFile && keep === -1 && rows.length === STEP_EVENTS) return true;
    const going = this.#gathered;
    this.#gathered = [];
    // Too many by a few are left until they fill a file; too old ones are not.
    const isOld = going.length > 0 && going.at(-1)!.at < tooOld;
    if (!isFile && !isOld) return false;
    this.#archive(going);
    return true;
  }

  #archive(events: readonly RealmEvent[]): void {
    const { database, crash, folder } = this.#parts;
    const from = events[0]!.seq;
    const to = events.at(-1)!.seq;
    const text = events.map(historyLine).join('');
    crash('journal.archive:before');
    writeAtomic(join(folder, `events-${from}-${to}.jsonl`), text, { mode: 0o600, crash });
    crash('journal.archive:after');
    database.run("INSERT OR REPLACE INTO meta VALUES ('archived', ?)", String(to));
  }

  get #maxEvents(): number {
    return this.#parts.maxEvents ?? 100_000;
  }

  #sweepQuietly(): boolean {
    try {
      return this.sweep();
    } catch (error) {
      this.#parts.trouble('retention of the journal', error); // the events stay where they are
      return false;
    }
  }
}
