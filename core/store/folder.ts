// Names inside the state folder that belong to the store, and the note that keeps it from starting afresh after damage.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import { messageOf } from '../errors.ts';
import { readJson, syncFolder, writeAtomic } from '../files.ts';

export const databasePath = (folder: string): string => join(folder, 'realm.db');
export const backupFolder = (folder: string): string => join(folder, 'backup');
export const archiveFolder = (folder: string): string => join(folder, 'archive');
export const reservationPath = (folder: string): string => join(folder, 'journal.reserved');
const notePath = (folder: string): string => join(folder, 'quarantine', 'waiting.json');

/** A database was put into quarantine, and nobody has said yet what to go on with. */
export interface QuarantineNote {
  readonly at: string;
  readonly reason: string;
  /** Where the damaged files are. */
  readonly folder: string;
}

/** The note, or undefined. One that is itself damaged still counts: somebody must look. */
export function readNote(folder: string): QuarantineNote | undefined {
  try {
    return readJson(notePath(folder)) as QuarantineNote | undefined;
  } catch (error) {
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
