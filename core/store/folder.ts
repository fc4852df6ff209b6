// Names inside the state folder that belong to the store, and the note that keeps it from starting afresh after damage.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { makeFolder, readJson, syncFolder, writeAtomic } from '../files.ts';
import { isFull } from './database.ts';

export const databasePath = (folder: string): string => join(folder, 'realm.db');
export const backupFolder = (folder: string): string => join(folder, 'backup');
export const archiveFolder = (folder: string): string => join(folder, 'archive');
export const reservationPath = (folder: string): string => join(folder, 'journal.reserved');
const notePath = (folder: string): string => join(folder, 'quarantine', 'waiting.json');

/** Makes the state folder, for its owner alone. Throws STORE_UNREADABLE and STORE_FULL. */
export function makeStateFolder(folder: string): void {
  try {
    makeFolder(folder, 0o700);
    if ((statSync(folder).mode & 0o077) !== 0) chmodSync(folder, 0o700);
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** What kept the store from opening, in words; an error of our own code stays as it is. */
export function unreadable(path: string, cause: unknown): unknown {
  if (isFull(cause)) {
    const why = `the state folder of ${path} has no room: ${messageOf(cause)}`;
    return new RealmError('STORE_FULL', why, { hint: `df -h ${path}`, cause });
  }
  const isSqlite = errnoOf(cause) === 'ERR_SQLITE_ERROR';
  const isSystem = ['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENOENT', 'ENOTDIR', 'EEXIST'].includes(errnoOf(cause) ?? '');
  if (!isSqlite && !isSystem) return cause;
  const owner = strangerOf(path);
  if (owner === undefined) {
    const isThere = existsSync(path);
    const why = isThere ? `${path} cannot be opened: ${messageOf(cause)}` : messageOf(cause); // which names the folder
    const hint = isThere ? `ls -la ${path}*` : 'put the state elsewhere: `--state DIR`';
    return new RealmError('STORE_UNREADABLE', why, { hint, cause });
  }
  const whose = `${path} belongs to user ${owner}, and this is user ${process.getuid?.()}`;
  return new RealmError('STORE_UNREADABLE', whose, {
    hint: "a realm is one user's: work as that user, or keep a state of your own with `--state DIR`",
    cause,
  });
}

/** The user to whom the path, or the folder that it would lie in, belongs: undefined when that is us, or root may enter anyway. */
function strangerOf(path: string): number | undefined {
  const me = process.getuid?.();
  if (me === undefined || me === 0) return undefined;
  for (let at = path; ; at = dirname(at)) {
    try {
      const { uid } = statSync(at);
      return uid === me ? undefined : uid;
    } catch {
      if (at === dirname(at)) return undefined; // not there, or behind a folder that is not ours: the one above says whose
    }
  }
}

/** A database was put into quarantine, and nobody has said yet what to go on with. */
export interface QuarantineNote {
  readonly at: string;
  readonly reason: string;
  /** Where the damaged files are. */
  readonly folder: string;
}

/** The note, or undefined. One that is itself damaged still counts: somebody must look. Throws STORE_UNREADABLE. */
export function readNote(folder: string): QuarantineNote | undefined {
  try {
    return readJson(notePath(folder)) as QuarantineNote | undefined;
  } catch (error) {
    if (errnoOf(error) === 'EACCES') throw unreadable(folder, error);
    return { at: 'unknown', reason: messageOf(error), folder: join(folder, 'quarantine') };
  }
}

export function clearNote(folder: string): void {
  rmSync(notePath(folder), { force: true });
  if (existsSync(join(folder, 'quarantine'))) syncFolder(join(folder, 'quarantine'));
}

/**
 * Moves the database away, never deletes it. The note comes first: a crash in between leaves a store that still
 * refuses to start afresh, and the next start moves the rest.
 */
export function quarantine(folder: string, now: number, reason: string, crash: CrashPoint): QuarantineNote {
  const to = join(folder, 'quarantine', isoTime(now).replaceAll(':', '-'));
  const note: QuarantineNote = readNote(folder) ?? { at: isoTime(now), reason, folder: to };
  mkdirSync(note.folder, { recursive: true, mode: 0o700 });
  crash('store.quarantine:before');
  writeAtomic(notePath(folder), `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600, crash });
  moveDatabase(folder, note.folder);
  crash('store.quarantine:after');
  return note;
}

export function moveDatabase(folder: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const suffix of ['-wal', '-shm', '']) {
    const from = `${databasePath(folder)}${suffix}`;
    if (existsSync(from)) renameSync(from, join(to, `realm.db${suffix}`));
  }
  syncFolder(to);
}
