// The store: one realm's rows and journal, opened by the holder of the lease to write, or by anyone to read.
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import { noCrash } from '../crash.ts';
import type { RealmError } from '../errors.ts';
import { messageOf } from '../errors.ts';
import { Mask } from '../mask.ts';
import type { Random } from '../random.ts';
import { ApprovalTable } from './approvals.ts';
import type { Copy } from './copies.ts';
import { makeCopy } from './copies.ts';
import type { TransactionOptions } from './database.ts';
import { Database } from './database.ts';
import { archiveFolder, reservationPath, unreadable } from './folder.ts';
import type { FollowHear } from './follow.ts';
import { Follower } from './follow.ts';
import { Fullness, Reservation } from './full.ts';
import { History } from './history.ts';
import type { Trouble } from './journal.ts';
import { Journal } from './journal.ts';
import type { Opened } from './open.ts';
import { isDamage, observeInstead, openForReading, openForWriting } from './open.ts';
import { OverrideTable } from './overrides.ts';
import { ResourceTable } from './resources.ts';
import { Retention } from './retention.ts';
import { CursorTable, MetaTable, RowTable } from './rows.ts';
import { RunTable } from './runs.ts';

export interface StoreOptions {
  /** The state folder, `.realm`. */
  readonly dir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly crash?: CrashPoint;
  /** `write`: the caller holds the lease. `read`: nothing at all is written. */
  readonly mode: 'write' | 'read';
  /** Of this program; told to an older one that finds a newer database. Default `0.1.0`. */
  readonly version?: string;
  /** Hides the text of secrets in everything that is stored. Default: there are none. */
  readonly mask?: Mask;
  /** Hears what went wrong beside operations that succeeded. Default: a warning of the process. */
  readonly trouble?: Trouble;
  /** Smaller numbers for tests. */
  readonly limits?: {
    readonly maxEvents?: number;
    readonly maxAgeMs?: number;
    readonly historyBytes?: number;
    readonly historyAgeMs?: number;
    /** Pages of 4 KiB the database may have. */
    readonly maxPages?: number;
  };
}

export type StoreHealth = 'ok' | 'full' | 'observe-only';

/** What only a store that may write has. */
interface Writing {
  readonly history: History;
  readonly retention: Retention;
  readonly reservation: Reservation;
}

export class Store {
  readonly resources: ResourceTable;
  readonly overrides: OverrideTable;
  readonly approvals: ApprovalTable;
  readonly runs: RunTable;
  readonly cursors: CursorTable;
  readonly rows: RowTable;
  readonly meta: MetaTable;
  readonly journal: Journal;
  readonly mask: Mask;
  /** The last holder died or was cut off: what it was doing may be half-done. */
  readonly unclean: boolean;
  readonly #options: StoreOptions;
  readonly #database: Database;
  readonly #full: Fullness;
  readonly #writing: Writing | undefined;
  readonly #trouble: Trouble;
  readonly #followers = new Set<Follower>();
  /** Called when it turns out that the database is damaged: rows are empty by then, and nothing is acted on any more. */
  onDamage: ((damage: RealmError) => void) | undefined;
  #closed = false;

  constructor(options: StoreOptions, opened: Opened, replace: (error: unknown) => Opened) {
    this.#options = options;
    this.#trouble = options.trouble ?? warn;
    this.mask = options.mask ?? new Mask();
    this.unclean = opened.unclean;
    const database = new Database(opened, options.crash ?? noCrash);
    this.#database = database;
    this.resources = new ResourceTable(database);
    this.overrides = new OverrideTable(database, this.mask);
    this.approvals = new ApprovalTable(database, this.mask);
    this.runs = new RunTable(database, this.mask);
    this.cursors = new CursorTable(database);
    this.rows = new RowTable(database, this.mask);
    this.meta = new MetaTable(database);
    this.#full = this.#watchDisk();
    this.#writing = options.mode === 'write' ? this.#openFiles() : undefined;
    const stored = Number(database.get('SELECT max(seq) AS seq FROM events')?.['seq'] ?? 0);
    const givenOut = Math.max(this.#writing?.history.lastSeq ?? 0, this.#writing?.reservation.stored ?? 0);
    this.journal = this.#openJournal(givenOut);
    if (this.#writing === undefined) return;
    this.#begin(this.#writing, stored, givenOut);
    this.#tellDamage();
    database.onDamage(replace, () => this.#tellDamage());
  }

  /** STORE_CORRUPT while it only observes: rows are empty, in memory, and vanish. It may turn out at any statement. */
  get damage(): RealmError | undefined {
    return this.#database.damage;
  }

  get health(): StoreHealth {
    if (this.damage !== undefined) return 'observe-only';
    return this.#full.full ? 'full' : 'ok';
  }

  /** Nothing may be removed and no run started until a person ran `realm state recover`. */
  get observeOnly(): boolean {
    return this.damage !== undefined;
  }

  /**
   * Runs `fn`, which must be synchronous, and commits its rows and events together; a throw undoes all of it. Inside
   * another transaction it joins that one. `durable` survives a power cut too (intents, leases, approvals).
   * Throws STORE_FULL while the disk is full.
   */
  transaction<T>(fn: () => T, options: TransactionOptions = {}): T {
    return this.#database.transaction(fn, options);
  }

  /**
   * Hears every event of the types from a position that is stored after `hear` resolves: at least once each, over
   * restarts. A new cursor begins at the end. When `hear` throws it is called again with growing pauses, to 5 minutes.
   */
  follow(cursor: string, types: readonly string[], hear: FollowHear): Follower {
    const { journal, cursors } = this;
    const parts = { journal, cursors, clock: this.#options.clock, trouble: this.#trouble, going: this.#followers };
    return new Follower(parts, cursor, types, hear);
  }

  /** Copies the database to `backup/realm-<n>.db` and keeps the last three. Undefined while it only observes. */
  copy(): Copy | undefined {
    if (this.#writing === undefined || this.observeOnly) return undefined;
    this.journal.flush();
    const vacuum = (path: string): void => this.#database.exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
    return makeCopy(this.#options.dir, this.#options.crash ?? noCrash, vacuum);
  }

  /** One small step of archiving and deleting what the journal need not keep; it also happens by itself. False: done. */
  sweep(): boolean {
    return this.#writing?.retention.sweep() ?? false;
  }

  /** Gives the database this many pages of 4 KiB at most: room, after `limits.maxPages` took it. */
  allowPages(pages: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${pages}`);
  }

  /** Commits what is pending and lets go of the files. `clean` makes a copy and notes that all went well. */
  close(options: { readonly clean?: boolean } = {}): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const follower of this.#followers) void follower.stop();
    this.#full.stop();
    this.#writing?.retention.stop();
    try {
      if (this.#writing !== undefined) this.#end(options.clean === true);
    } finally {
      this.#writing?.history.close();
      this.#database.close();
    }
  }

  #end(clean: boolean): void {
    if (this.#full.full && !this.#full.tryAgain()) return; // the next start sees an unclean stop, which is true
    this.journal.flush();
    if (!clean || this.observeOnly) return;
    try {
      this.copy();
    } catch (error) {
      this.#trouble('the copy at the stop', error); // the older ones are still there
    }
    this.transaction(() => this.meta.delete('open'), { durable: true });
  }

  #watchDisk(): Fullness {
    const full = new Fullness({
      clock: this.#options.clock,
      folder: this.#options.dir,
      state: (fact) => void this.journal.append(fact),
      retry: (fact) => this.#database.transaction(() => void this.journal.append(fact)),
      recovered: () => {
        this.#writing?.reservation.clear();
        this.#writing?.history.catchUp();
      },
    });
    this.#database.watch(full);
    return full;
  }

  #tellDamage(): void {
    const { damage } = this;
    if (damage === undefined) return;
    this.journal.append({ type: 'store.damaged', actor: 'kernel', data: { message: damage.message } });
    this.onDamage?.(damage);
  }

  #openFiles(): Writing {
    const { dir, clock, crash = noCrash, limits = {} } = this.#options;
    const trouble = this.#trouble;
    if (limits.maxPages !== undefined) this.allowPages(limits.maxPages);
    const history = new History({
      folder: dir,
      crash,
      trouble,
      read: (since) => this.journal.read({ since }),
      ...(limits.historyBytes === undefined ? {} : { maxBytes: limits.historyBytes }),
      ...(limits.historyAgeMs === undefined ? {} : { maxAgeMs: limits.historyAgeMs }),
    });
    const retention = new Retention({
      database: this.#database,
      clock,
      crash,
      trouble,
      folder: archiveFolder(dir),
      ...limits,
    });
    return { history, retention, reservation: new Reservation(reservationPath(dir)) };
  }

  #openJournal(after: number): Journal {
    const writing = this.#writing;
    return new Journal({
      database: this.#database,
      clock: this.#options.clock,
      mask: this.mask,
      after,
      trouble: this.#trouble,
      project: (events) => {
        writing?.history.write(events);
        writing?.retention.noticed(events.at(-1)!.seq);
      },
      stuck: (error) => {
        if (this.damage === undefined) this.#full.begin(error);
      },
      isFull: () => this.#full.full,
      reserve: (seq) => this.#reserve(seq),
    });
  }

  #reserve(seq: number): void {
    try {
      this.#writing?.reservation.cover(seq);
    } catch (error) {
      this.#trouble('the reserved event numbers', error); // only a crash before there is room again could tell
    }
  }

  /** The history may know more events than the database: a power cut, or an older copy. Say so, and go on after them. */
  #begin(writing: Writing, stored: number, givenOut: number): void {
    if (givenOut > stored && stored + givenOut > 0) {
      const data = { from: stored + 1, to: givenOut, reason: 'lost in a crash, or by going back to a copy' };
      this.journal.append({ type: 'journal.gap', actor: 'kernel', data });
      this.journal.flush();
      writing.reservation.clear();
    }
    writing.history.catchUp();
    writing.retention.start();
  }
}

function warn(where: string, error: unknown): void {
  process.emitWarning(`${where}: ${messageOf(error)}`, 'RealmStore');
}

/**
 * Opens the store of a realm. For reading, a realm that was never applied is an empty store, and no folder is made.
 * A damaged database does not throw: it is moved to quarantine and the store only observes (see `damage`).
 * Throws STORE_NEWER, STORE_UNREADABLE, STORE_FULL.
 */
export function openStore(options: StoreOptions): Store {
  const { dir, clock, mode, version = '0.1.0', crash = noCrash } = options;
  const opened = mode === 'read' ? openForReading(dir, version) : openForWriting(dir, version, clock.now(), crash);
  const replace = (error: unknown): Opened => observeInstead(dir, version, clock.now(), error, crash);
  try {
    return new Store(options, opened, replace);
  } catch (error) {
    if (opened.sqlite.isOpen) opened.sqlite.close();
    if (mode === 'read' || opened.damage !== undefined || !isDamage(error)) throw unreadable(dir, error);
    return new Store(options, replace(error), replace);
  }
}

export const historyPath = (dir: string): string => join(dir, 'system-history.jsonl');
