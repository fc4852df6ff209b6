// Going on after damage: a person chooses a copy, or an empty database, and the store takes its place again.
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Clock } from '../clock.ts';
import { isoTime } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import { noCrash } from '../crash.ts';
import { messageOf, RealmError } from '../errors.ts';
import { syncFolder } from '../files.ts';
import { copies, syncFile } from './copies.ts';
import { clearNote, databasePath, moveDatabase } from './folder.ts';
import { migrate, refuseNewer } from './migrations.ts';
import { check } from './open.ts';

export interface RecoverOptions {
  readonly clock: Clock;
  /** Of this program; noted in an empty database. */
  readonly version: string;
  readonly crash?: CrashPoint;
}

/**
 * Puts a copy (by number, or the newest good one) or an empty database in place; what is there now is moved into
 * quarantine. The caller holds the lease, and nobody has the store open. Answers which copy it was, or null.
 * Throws STORE_COPY_UNUSABLE; then nothing has changed.
 */
export function recover(folder: string, choice: number | 'newest' | 'empty', options: RecoverOptions): number | null {
  const crash = options.crash ?? noCrash;
  const path = databasePath(folder);
  const fresh = `${path}.recovered`;
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${fresh}${suffix}`, { force: true });
  const number = choice === 'empty' ? null : chosen(folder, choice);
  if (number === null) {
    const sqlite = new DatabaseSync(fresh);
    migrate(sqlite, options.version);
    sqlite.close();
  } else {
    copyFileSync(pathOf(folder, number), fresh);
  }
  syncFile(fresh);
  crash('store.recover:before');
  if (existsSync(path)) {
    moveDatabase(folder, join(folder, 'quarantine', `${isoTime(options.clock.now()).replaceAll(':', '-')}-replaced`));
  }
  for (const suffix of ['-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
  clearNote(folder);
  crash('store.recover:between');
  renameSync(fresh, path);
  syncFolder(folder);
  crash('store.recover:after');
  return number;
}

function chosen(folder: string, choice: number | 'newest'): number {
  const all = copies(folder).filter((copy) => choice === 'newest' || copy.number === choice);
  const reasons: string[] = [];
  for (const copy of all) {
    const fault = faultOf(copy.path);
    if (fault === undefined) return copy.number;
    reasons.push(`${copy.path}: ${fault}`);
  }
  const what = choice === 'newest' ? 'no copy of the database can be used' : `copy ${choice} cannot be used`;
  throw new RealmError('STORE_COPY_UNUSABLE', `${what}: ${reasons.join('; ') || 'there is none'}`, {
    hint: 'realm state recover lists the copies; `--empty` begins with none',
  });
}

/** Why a copy cannot be used, or undefined. Reads all of it, writes nothing. */
export function faultOf(path: string): string | undefined {
  const url = pathToFileURL(path);
  url.searchParams.set('immutable', '1');
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(url, { readOnly: true });
    refuseNewer(sqlite, path);
    check(sqlite, path);
    sqlite.prepare('SELECT count(*) FROM events').get();
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    sqlite?.close();
  }
}

function pathOf(folder: string, number: number): string {
  return copies(folder).find((copy) => copy.number === number)!.path;
}
