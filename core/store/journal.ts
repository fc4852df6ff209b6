// The journal: every fact gets a number, commits with the rows it speaks of, and is then told to listeners, in order.
//
//   append -> pending (memory) -> commit: the next transaction, 10 ms, or 512 events -> history file -> listeners
//             while the disk is full: told at once, the last 10,000 kept, the rest replaced by one journal.gap
import type { Clock, Timer } from '../clock.ts';
import type { EventName, RealmEvent } from '../contract/events.ts';
import type { Mask } from '../mask.ts';
import type { Ref } from '../model/ref.ts';
import type { Database, Rider } from './database.ts';
import type { Fact, Numbered } from './event.ts';
import { decodeEvent, gapEvent, insertEvent, maskedFact, numbered } from './event.ts';

const GROUP_MS = 10;
const GROUP_EVENTS = 512;
/** How many events are kept in memory while the disk is full. */
export const KEPT_WHILE_FULL = 10_000;

export interface JournalQuery {
  /** Only events with a greater number. Left out: from the oldest there is. */
  readonly since?: number;
  /** Default 1000. */
  readonly limit?: number;
  /** Exact names, or `run.*`. */
  readonly type?: string | readonly string[];
  readonly ref?: Ref;
}

export type EventsListener = (events: readonly RealmEvent[]) => void;
/** Where the things go that went wrong beside an operation that itself succeeded. */
export type Trouble = (where: string, error: unknown) => void;

export interface JournalParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly mask: Mask;
  /** No event may get this number or a lower one: it was given out before, whatever the database says. */
  readonly after: number;
  readonly trouble: Trouble;
  /** Called with what was just committed, before listeners hear it. */
  readonly project: (events: readonly RealmEvent[]) => void;
  /** A commit in the background failed: nothing is lost yet. */
  readonly stuck: (error: unknown) => void;
  /** True while the disk is full. */
  readonly isFull: () => boolean;
  /** While the disk is full: numbers up to this one are being told. */
  readonly reserve: (seq: number) => void;
}

export class Journal implements Rider {
  readonly #parts: JournalParts;
  readonly #listeners = new Set<EventsListener>();
  readonly #outbox: (readonly RealmEvent[])[] = [];
  #pending: Numbered[] = [];
  #given: number;
  #told: number;
  #settled: number;
  #timer: Timer | undefined;
  #telling = false;

  constructor(parts: JournalParts) {
    this.#parts = parts;
    const stored = Number(parts.database.get('SELECT max(seq) AS seq FROM events')?.['seq'] ?? 0);
    this.#given = Math.max(stored, parts.after);
    this.#told = this.#given;
    this.#settled = this.#given;
    parts.database.carry(this);
  }

  /** The number of the newest event, committed or not. */
  get lastSeq(): number {
    return this.#given;
  }

  /** The number of the newest committed event. */
  get committedSeq(): number {
    return this.#settled;
  }

  /** Events that only memory holds. */
  get pending(): number {
    return this.#pending.length;
  }

  /** States a fact and answers its number. Inside a transaction it commits, or vanishes, with it. */
  append<K extends EventName>(fact: Fact<K>): number {
    const { database, clock, mask } = this.#parts;
    const item = numbered(mask.isEmpty ? fact : maskedFact(fact, mask), this.#given + 1, clock.now());
    this.#given += 1;
    this.#pending.push(item);
    if (database.inTransaction) return item.event.seq;
    if (this.#parts.isFull()) this.#keepWhileFull(item.event);
    else if (this.#pending.length >= GROUP_EVENTS) this.#flushQuietly();
    else this.#timer ??= clock.after(GROUP_MS, () => this.#flushQuietly());
    return item.event.seq;
  }

  /** Commits what is pending. When it returns, all of it survives the death of this process. */
  flush(): void {
    if (this.#pending.length > 0) this.#parts.database.transaction(() => {});
  }

  /** Hears every event once, after its commit, in order, several at a time. Answers how to stop. */
  listen(listener: EventsListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Committed events, oldest first. Starts with a `journal.gap` when some after `since` are no longer there. */
  read(query: JournalQuery = {}): RealmEvent[] {
    const { since = 0, limit = 1000 } = query;
    const { where, values } = conditions(query);
    const sql = `SELECT * FROM events WHERE seq > ?${where} ORDER BY seq LIMIT ?`;
    const events = this.#parts.database.all(sql, since, ...values, limit).map(decodeEvent);
    const gap = query.since === undefined ? undefined : this.#gapAfter(query.since);
    return gap === undefined ? events : [gap, ...events];
  }

  /** The newest `count`, oldest of them first. */
  last(count: number, query: Omit<JournalQuery, 'since' | 'limit'> = {}): RealmEvent[] {
    const { where, values } = conditions(query);
    const sql = `SELECT * FROM events WHERE true${where} ORDER BY seq DESC LIMIT ?`;
    return this.#parts.database
      .all(sql, ...values, count)
      .map(decodeEvent)
      .toReversed();
  }

  #gapAfter(since: number): RealmEvent | undefined {
    const row = this.#parts.database.get('SELECT * FROM events ORDER BY seq LIMIT 1');
    const oldest = row && decodeEvent(row);
    if (oldest === undefined || oldest.seq <= since + 1) return undefined;
    if (oldest.type === 'journal.gap') return undefined; // it says so itself
    const to = oldest.seq - 1;
    return gapEvent(since + 1, to, 'older than the journal keeps; see the archive', to, oldest.at);
  }

  #flushQuietly(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    try {
      this.flush();
    } catch (error) {
      this.#parts.stuck(error);
    }
  }

  #keepWhileFull(event: RealmEvent): void {
    if (this.#pending.length > KEPT_WHILE_FULL) this.#dropOldest();
    this.#parts.reserve(event.seq);
    this.#told = event.seq;
    this.#tell([event]);
  }

  /** The first place becomes, and stays, the gap that grows. */
  #dropOldest(): void {
    const [first, second] = this.#pending as [Numbered, Numbered];
    const gap = first.event.type === 'journal.gap' ? (first.event as RealmEvent<'journal.gap'>).data : undefined;
    const to = second.event.seq;
    const event = gapEvent(gap?.from ?? first.event.seq, to, 'the disk was full', to, second.event.at);
    this.#pending.splice(0, 2, { event, json: JSON.stringify(event.data) });
  }

  // What the database calls around its transactions.

  mark(): number {
    return this.#pending.length;
  }

  undo(mark: number): void {
    this.#pending.length = mark;
    this.#given = this.#pending.at(-1)?.event.seq ?? this.#settled;
  }

  write(): void {
    for (const item of this.#pending) insertEvent(this.#parts.database, item);
  }

  committed(): void {
    if (this.#pending.length === 0) return;
    const events = this.#pending.map((item) => item.event);
    this.#pending = [];
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parts.project(events);
    const news = events.filter((event) => event.seq > this.#told);
    this.#settled = events.at(-1)!.seq;
    this.#told = Math.max(this.#told, this.#settled);
    this.#tell(news);
  }

  /** A listener may append, and so commit, while it is being told: its events wait until everyone has heard these. */
  #tell(events: readonly RealmEvent[]): void {
    if (events.length > 0) this.#outbox.push(events);
    if (this.#telling) return;
    this.#telling = true;
    for (let batch = this.#outbox.shift(); batch !== undefined; batch = this.#outbox.shift()) {
      for (const listener of this.#listeners) {
        try {
          listener(batch);
        } catch (error) {
          this.#parts.trouble('a listener of the journal', error);
        }
      }
    }
    this.#telling = false;
  }
}

function conditions(query: JournalQuery): { readonly where: string; readonly values: readonly string[] } {
  const types = query.type === undefined ? [] : [query.type].flat();
  const parts = types.map((type) => (type.endsWith('*') ? 'type GLOB ?' : 'type = ?'));
  const where = query.type === undefined ? '' : ` AND (${parts.join(' OR ') || 'false'})`;
  return query.ref === undefined
    ? { where, values: types }
    : { where: `${where} AND ref = ?`, values: [...types, query.ref] };
}
