// Copies of the database: whole files beside it, the newest three.
import {
  chmodSync,
  mkdirSync,
  openSync,
  closeSync,
  fsyncSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { CrashPoint } from '../crash.ts';
import { errnoOf } from '../errors.ts';
import { syncFolder } from '../files.ts';
import { backupFolder } from './folder.ts';

const KEPT = 3;

export interface Copy {
  readonly path: string;
  /** Grows by one with each copy. */
  readonly number: number;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
  readonly bytes: number;
}

/** Newest first. Whether one is good is known only once it was checked (`recover` does). */
export function copies(folder: string): Copy[] {
  return names(backupFolder(folder))
    .map((name) => {
      const path = join(backupFolder(folder), name);
      const { mtimeMs, size } = statSync(path);
      return { path, number: numberOf(name), madeAt: Math.trunc(mtimeMs), bytes: size };
    })
    .toSorted((one, other) => other.number - one.number);
}

/** Makes the next copy with `vacuumInto`; older ones go only once it is safe on the disk. */
export function makeCopy(folder: string, crash: CrashPoint, vacuumInto: (path: string) => void): Copy {
  const to = backupFolder(folder);
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const next = (copies(folder)[0]?.number ?? 0) + 1;
  const path = join(to, `realm-${next}.db`);
  rmSync(`${path}.tmp`, { force: true });
  try {
    vacuumInto(`${path}.tmp`);
    syncFile(`${path}.tmp`);
    crash('store.copy:before');
    renameSync(`${path}.tmp`, path);
  } catch (error) {
    rmSync(`${path}.tmp`, { force: true });
    throw error;
  }
  syncFolder(to);
  crash('store.copy:after');
  for (const old of copies(folder).slice(KEPT)) rmSync(old.path, { force: true });
  return copies(folder)[0]!;
}

export function syncFile(path: string): void {
  chmodSync(path, 0o600);
  const handle = openSync(path, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^realm-\d+\.db$/.test(name));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

const numberOf = (name: string): number => Number(name.slice('realm-'.length, -'.db'.length));
