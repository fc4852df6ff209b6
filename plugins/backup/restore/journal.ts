// The written course of a restore: what it staged, what it swapped and how far, so that the next start can finish or undo it.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { absent, RealmError, writeAtomic } from 'realm-runner/plugin';
import type { ByteText } from '../byte-text.ts';
import type { Root } from '../policy.ts';
import { isAlive, ownId, type ProcessId } from '../maker.ts';

/**
 * staging: nothing is in place yet. swapping: it goes on forward. taking-back: it goes on backward. done: in place, and can
 * be undone. undone: as it was before.
 */
export type Stage = 'staging' | 'swapping' | 'done' | 'taking-back' | 'undone';

export interface SwapUnit {
  readonly at: ByteText;
  readonly holder: ByteText;
  readonly name: ByteText;
  /** The path below `data/`. */
  readonly path: ByteText;
  readonly hasNew: boolean;
  readonly hasOld: boolean;
}

/** A folder that stays where it is; what it is set to, and what it was. */
export interface OpenFolder {
  readonly at: ByteText;
  readonly now: Metadata;
  readonly before: Metadata;
}
export interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: string;
}

export interface SwapJournal {
  readonly version: 1;
  readonly uid: string;
  readonly stage: Stage;
  readonly owner: ProcessId;
  /** ms */
  readonly at: number;
  /** ms: until when it can be undone. */
  readonly keepUntil: number;
  readonly policies: readonly string[];
  readonly snapshots: readonly string[];
  /** The snapshot of what was there before; undefined: none was made. */
  readonly safety: string | undefined;
  readonly units: readonly SwapUnit[];
  readonly opened: readonly OpenFolder[];
  /** Folders that were missing above a destination, outermost first. */
  readonly made: readonly ByteText[];
  readonly holders: readonly ByteText[];
  /** By these it is known at an undo what is none of its business. */
  readonly roots: readonly Root[] | undefined;
  readonly appendOnly: readonly string[];
  readonly isInPlace: boolean;
}

const folderOf = (stateDir: string): string => join(stateDir, 'restores');
const fileOf = (stateDir: string, uid: string): string => join(folderOf(stateDir), `${uid}.json`);
/** Paths that are carried over from the old copy into the new one, one JSON a line. */
export const carryFile = (stateDir: string, uid: string): string => join(folderOf(stateDir), `${uid}.carry.jsonl`);

export const writeJournal = (stateDir: string, journal: SwapJournal): void =>
  writeAtomic(fileOf(stateDir, journal.uid), `${JSON.stringify(journal)}\n`, { mode: 0o600 });

export function dropJournal(stateDir: string, uid: string): void {
  rmSync(carryFile(stateDir, uid), { force: true });
  rmSync(fileOf(stateDir, uid), { force: true });
}

/** Oldest first. Throws when one cannot be read: what it speaks of must not be guessed. */
export function readJournals(stateDir: string): SwapJournal[] {
  let names: string[];
  try {
    names = readdirSync(folderOf(stateDir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith('.json') && !name.startsWith('.'))
    .map((name) => readOne(join(folderOf(stateDir), name)))
    .sort((one, other) => one.at - other.at);
}

function readOne(file: string): SwapJournal {
  try {
    const journal = JSON.parse(readFileSync(file, 'utf8')) as SwapJournal;
    if (journal.version === 1 && Array.isArray(journal.units)) return journal;
  } catch (cause) {
    throw unreadable(file, cause);
  }
  throw unreadable(file, undefined);
}

const unreadable = (file: string, cause: unknown): RealmError =>
  new RealmError('BACKUP_RESTORE_REFUSED', `${file} says how far an earlier restore came, and cannot be read`, {
    hint: 'what it moved aside lies in folders named .realm-restore-…; move the file away once that is settled',
    cause,
  });

/** One process alone settles what another left. Gives what lets go of it again; undefined: somebody else is at it. */
export function claim(stateDir: string, uid: string): (() => void) | undefined {
  const file = join(folderOf(stateDir), `${uid}.claim`);
  if (!isHeld(file)) rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify(ownId()), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    absent('EEXIST')(error);
    return undefined;
  }
  return () => rmSync(file, { force: true });
}

function isHeld(file: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(file, 'utf8')) as ProcessId);
  } catch {
    return false; // gone, or of one that was killed while it wrote it
  }
}

/** Whoever writes it is still at it. */
export const isUnderWay = (journal: SwapJournal): boolean =>
  journal.stage !== 'done' && journal.stage !== 'undone' && isAlive(journal.owner);
