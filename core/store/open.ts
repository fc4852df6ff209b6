// Opens the database: checked after an unclean stop, moved away when damaged, in memory when there is none to read.
import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { CrashPoint } from '../crash.ts';
import { messageOf, RealmError } from '../errors.ts';
import { syncFolder } from '../files.ts';
import { copies } from './copies.ts';
import { sqliteCode } from './database.ts';
import type { QuarantineNote } from './folder.ts';
import { databasePath, makeStateFolder, quarantine, readNote, unreadable } from './folder.ts';
import { migrate, refuseNewer, SCHEMA, schemaOf } from './migrations.ts';

/** A quarter of SQLite's own: while events pour in, a checkpoint is what keeps the loop from turning longest. */
const PAGES_A_CHECKPOINT = 250;
/** For readers too: a killed holder may keep its locks for a moment, and who opens after it takes one to read its log. */
const LOCKED_MS = 5_000;

export interface Opened {
  readonly sqlite: DatabaseSync;
  /** STORE_CORRUPT: the database is empty, in memory, and stands for one that needs a person. */
  readonly damage: RealmError | undefined;
  /** The last holder did not say goodbye. */
  readonly unclean: boolean;
}

/** Opens for writing: makes the folder (0700) and the database when they are missing. */
export function openForWriting(folder: string, version: string, now: number, crash: CrashPoint): Opened {
  const path = databasePath(folder);
  makeStateFolder(folder);
  if (readNote(folder) !== undefined) return observing(version, quarantine(folder, now, '', crash));
  if (!existsSync(path)) {
    if (copies(folder).length > 0) {
      return observing(version, quarantine(folder, now, `${path} is missing, and copies of it exist`, crash));
    }
  }
  try {
    if (!existsSync(path)) create(folder, version, crash);
    return adopt(path, version, crash);
  } catch (error) {
    if (error instanceof RealmError && error.code !== 'STORE_CORRUPT') throw error;
    if (!isDamage(error)) throw unreadable(path, error);
    return observing(version, quarantine(folder, now, messageOf(error), crash));
  }
}

/** Damage that shows only after the opening, in a database that nobody had reason to check. */
export function observeInstead(
  folder: string,
  version: string,
  now: number,
  error: unknown,
  crash: CrashPoint,
): Opened {
  return observing(version, quarantine(folder, now, messageOf(error), crash));
}

/** Made under another name and renamed, so that an empty `realm.db` can only mean damage. */
function create(folder: string, version: string, crash: CrashPoint): void {
  const path = databasePath(folder);
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}.new${suffix}`, { force: true });
  const sqlite = new DatabaseSync(`${path}.new`);
  migrate(sqlite, version);
  sqlite.close();
  chmodSync(`${path}.new`, 0o600);
  crash('store.create:before');
  renameSync(`${path}.new`, path);
  syncFolder(folder);
  crash('store.create:after');
}

function adopt(path: string, version: string, crash: CrashPoint): Opened {
  refuseEmpty(path);
  const sqlite = new DatabaseSync(path, { timeout: LOCKED_MS });
  try {
    refuseNewer(sqlite, path);
    const unclean = isOpenMarked(sqlite);
    if (unclean) check(sqlite, path);
    crash('store.open:before'); // up to here nothing is written: it may be somebody else's file
    sqlite.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = ${PAGES_A_CHECKPOINT}`);
    migrate(sqlite, version);
    sqlite.exec(
      "PRAGMA synchronous = FULL; INSERT OR REPLACE INTO meta VALUES ('open', '1'); PRAGMA synchronous = NORMAL",
    );
    crash('store.open:after');
    return { sqlite, damage: undefined, unclean };
  } catch (error) {
    sqlite.close();
    throw error;
  }
}

/** Opens without writing anything, so also where the system denies writes. */
export function openForReading(folder: string, version: string): Opened {
  const path = databasePath(folder);
  const note = readNote(folder);
  if (note !== undefined) return observing(version, note);
  if (!existsSync(path)) return { sqlite: inMemory(version), damage: undefined, unclean: false };
  try {
    refuseEmpty(path);
    return readable(path, version);
  } catch (error) {
    if (error instanceof RealmError && error.code !== 'STORE_CORRUPT') throw error;
    if (!isDamage(error)) throw unreadable(path, error);
    return observing(version, { at: 'now', reason: messageOf(error), folder: path });
  }
}

function readable(path: string, version: string): Opened {
  const url = pathToFileURL(path);
  // Nobody has it open: SQLite need not make its shared memory file, which it would leave behind.
  if (!hasContent(`${path}-wal`)) url.searchParams.set('immutable', '1');
  const sqlite = new DatabaseSync(url, { readOnly: true, timeout: LOCKED_MS });
  try {
    refuseNewer(sqlite, path);
    const unclean = isOpenMarked(sqlite);
    if (unclean) check(sqlite, path);
    if (schemaOf(sqlite) === SCHEMA) return { sqlite, damage: undefined, unclean };
    const upgraded = upgradedInMemory(sqlite, version);
    sqlite.close();
    return { sqlite: upgraded, damage: undefined, unclean };
  } catch (error) {
    if (sqlite.isOpen) sqlite.close();
    throw error;
  }
}

/** An older schema, brought up to date in memory alone. */
function upgradedInMemory(old: DatabaseSync, version: string): DatabaseSync {
  const bytes = old.serialize();
  bytes[18] = 1; // the header says "write-ahead log", which a database in memory cannot have
  bytes[19] = 1;
  const sqlite = new DatabaseSync(':memory:');
  sqlite.deserialize(bytes);
  migrate(sqlite, version);
  return sqlite;
}

function inMemory(version: string): DatabaseSync {
  const sqlite = new DatabaseSync(':memory:');
  migrate(sqlite, version);
  return sqlite;
}

function observing(version: string, note: QuarantineNote): Opened {
  const damage = new RealmError(
    'STORE_CORRUPT',
    `the database is damaged (${note.reason}); it is kept in ${note.folder}, and Realm only observes`,
    { hint: 'realm state recover' },
  );
  return { sqlite: inMemory(version), damage, unclean: true };
}

/** Throws STORE_CORRUPT unless every page hangs together; reads the whole file. */
export function check(sqlite: DatabaseSync, path: string): void {
  const answer = sqlite.prepare('PRAGMA quick_check(3)').all();
  const findings = answer.map((row) => String(Object.values(row)[0]));
  if (findings.length === 1 && findings[0] === 'ok') return;
  throw new RealmError('STORE_CORRUPT', `${path}: ${findings.join('; ')}`);
}

function refuseEmpty(path: string): void {
  if (statSync(path).size === 0) throw new RealmError('STORE_CORRUPT', `${path} is empty`);
}

function isOpenMarked(sqlite: DatabaseSync): boolean {
  return sqlite.prepare("SELECT value FROM meta WHERE key = 'open'").get() !== undefined;
}

/** SQLite's answers that speak of the surroundings: permission, busy, locked, read-only, input/output, full, path, protocol. */
const SURROUNDINGS = new Set([3, 5, 6, 8, 10, 13, 14, 15, 23]);

/** While opening, every other complaint of SQLite means damage: a table missing, a schema malformed, a key doubled. */
export function isDamage(error: unknown): boolean {
  if (error instanceof RealmError) return error.code === 'STORE_CORRUPT';
  const code = sqliteCode(error);
  return code !== 0 && !SURROUNDINGS.has(code & 0xff);
}

function hasContent(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
