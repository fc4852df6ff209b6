// One SQLite connection: prepared statements, and transactions that nest, may be durable, and carry the events of their rows.
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CrashPoint } from '../crash.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';

export interface TransactionOptions {
  /** True: on the disk when it returns, also after a power cut. Default false: after a crash of the process only. */
  readonly durable?: boolean;
}

/** What commits together with the rows: the journal's events that are still in memory. */
export interface Rider {
  /** How much there is now; given back to `undo` when what came later is rolled back. */
  mark(): number;
  undo(mark: number): void;
  /** Writes everything, inside the transaction. */
  write(): void;
  /** It is committed. */
  committed(): void;
}

/** Watches for a full disk. `guard` throws when no write may be tried; `failed` may answer with a better error. */
export interface Watchman {
  guard(): void;
  failed(error: unknown): unknown;
}

/** What goes on in the place of a damaged database: an empty one in memory, and what people are told. */
export interface Replacement {
  readonly sqlite: DatabaseSync;
  readonly damage: RealmError | undefined;
}

const SYNCED = "INSERT OR REPLACE INTO meta VALUES ('synced', '1')";
const SQLITE_ERROR = 1;
const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
const SQLITE_IOERR_SHMSIZE = 4874;

/** The disk (or the page limit) is full, as SQLite says it: for the shared memory file that is an input/output error. */
export function isFull(error: unknown): boolean {
  if (errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT') return true;
  const code = sqliteCode(error);
  return code === SQLITE_IOERR_SHMSIZE || (code & 0xff) === SQLITE_FULL;
}

/**
 * A page or the header makes no sense, a table or column of ours is gone (our statements never vary, so SQLITE_ERROR
 * can mean nothing else), or a number is larger than any that this program writes.
 */
function isCorruption(error: unknown): boolean {
  if (errnoOf(error) === 'ERR_OUT_OF_RANGE') return true;
  return [SQLITE_ERROR, SQLITE_CORRUPT, SQLITE_NOTADB].includes(sqliteCode(error) & 0xff);
}

/** The extended result code; 0 when SQLite did not say this. */
export function sqliteCode(error: unknown): number {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
}

export class Database {
  #sqlite: DatabaseSync;
  readonly #crash: CrashPoint;
  readonly #statements = new Map<string, StatementSync>();
  #rider: Rider | undefined;
  #watchman: Watchman | undefined;
  #replace: ((error: unknown) => Replacement) | undefined;
  #told: () => void = () => {};
  /** What SQLite said of damage that nobody has acted on yet. */
  #noticed: unknown;
  #damage: RealmError | undefined;
  #depth = 0;
  #wantsDurable = false;

  constructor({ sqlite, damage }: Replacement, crash: CrashPoint) {
    this.#sqlite = sqlite;
    this.#damage = damage;
    this.#crash = crash;
  }

  /** STORE_CORRUPT once the database turned out to be damaged. */
  get damage(): RealmError | undefined {
    return this.#damage;
  }

  /** On damage what `replace` answers takes the place of the connection; then `told` is called. */
  onDamage(replace: (error: unknown) => Replacement, told: () => void): void {
    this.#replace = replace;
    this.#told = told;
  }

  carry(rider: Rider): void {
    this.#rider = rider;
  }

  watch(watchman: Watchman): void {
    this.#watchman = watchman;
  }

  get inTransaction(): boolean {
    return this.#depth > 0;
  }

  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[] {
    try {
      return this.#prepared(sql).all(...values);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    try {
      return this.#prepared(sql).get(...values);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /** Runs one writing statement; a transaction of its own when there is none. Answers how many rows it touched. */
  run(sql: string, ...values: SQLInputValue[]): number {
    const once = (): number => Number(this.#prepared(sql).run(...values).changes);
    return this.#depth > 0 ? once() : this.transaction(once);
  }

  exec(sql: string): void {
    try {
      this.#sqlite.exec(sql);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  /**
   * Damage is acted on as soon as no transaction is under way: rows are empty from then on. Where nothing takes the place
   * of the damaged database it stays, for looking.
   */
  #explained(error: unknown): unknown {
    if (isCorruption(error)) this.#noticed ??= error;
    if (this.#noticed === undefined) return error;
    const cause = this.#noticed;
    const damage = new RealmError('STORE_CORRUPT', `the database is damaged: ${messageOf(cause)}`, {
      hint: 'start Realm with `realm up`: it checks the database, keeps it in quarantine and offers its copies',
      cause,
    });
    if (this.#depth > 0 || this.#replace === undefined || this.#damage !== undefined) return damage;
    this.#noticed = undefined;
    this.#damage = damage; // before it is replaced: should that fail, the old one is only looked at from now on
    const next = this.#replace(cause);
    this.close();
    this.#sqlite = next.sqlite;
    this.#damage = next.damage ?? damage;
    this.#told();
    return this.#damage;
  }

  /**
   * Runs `fn` and commits what it wrote, events included; a throw undoes all of it. Inside another transaction it joins:
   * its own part is undone when it throws, and everything commits with the outermost one. `fn` must be synchronous.
   */
  transaction<T>(fn: () => T, options: TransactionOptions = {}): T {
    if (this.#depth > 0) return this.#joined(fn, options.durable === true);
    this.#watchman?.guard();
    const mark = this.#rider?.mark() ?? 0;
    let result: T;
    try {
      result = this.#outermost(fn, options.durable === true);
    } catch (error) {
      this.#rider?.undo(mark);
      throw this.#explained(this.#watchman?.failed(error) ?? error);
    }
    this.#crash('store.commit:after');
    // Its safety cannot be raised half-way, so one more commit, synced, takes everything before it along.
    if (this.#wantsDurable && options.durable !== true) this.transaction(() => this.run(SYNCED), { durable: true });
    else this.#rider?.committed();
    return result;
  }

  #outermost<T>(fn: () => T, durable: boolean): T {
    this.#wantsDurable = durable;
    try {
      if (durable) this.#sqlite.exec('PRAGMA synchronous = FULL');
      this.#sqlite.exec('BEGIN IMMEDIATE');
      this.#depth = 1;
      const result = fn();
      this.#rider?.write();
      this.#crash('store.commit:before');
      this.#sqlite.exec('COMMIT');
      return result;
    } finally {
      this.#depth = 0;
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK');
      if (durable) this.#sqlite.exec('PRAGMA synchronous = NORMAL');
    }
  }

  #joined<T>(fn: () => T, durable: boolean): T {
    const mark = this.#rider?.mark() ?? 0;
    const savepoint = `part${this.#depth}`;
    this.#sqlite.exec(`SAVEPOINT ${savepoint}`);
    this.#depth += 1;
    try {
      const result = fn();
      this.#sqlite.exec(`RELEASE ${savepoint}`);
      this.#wantsDurable ||= durable;
      return result;
    } catch (error) {
      // SQLite ends the whole transaction by itself on some errors, a full disk among them.
      if (this.#sqlite.isTransaction) this.#sqlite.exec(`ROLLBACK TO ${savepoint}; RELEASE ${savepoint}`);
      this.#rider?.undo(mark);
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#sqlite.close();
  }
}
