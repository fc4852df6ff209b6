// Files that are whole or absent: atomic writes, JSON that may be half-written, lines appended, and slow projections.
import { createHash } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock, Timer } from './clock.ts';
import type { CrashPoint } from './crash.ts';
import { noCrash } from './crash.ts';
import { errnoOf, RealmError } from './errors.ts';

export interface WriteOptions {
  /** Permission bits of the new file. Default 0o644. */
  readonly mode?: number;
  readonly crash?: CrashPoint;
}

/** Makes a new name in `folder` survive a power cut. Some filesystems cannot; then the system does it in its own time. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    closeSync(handle);
  }
}

let serial = 0; // two writers of one path in this process must not share a temporary file

/**
 * Replaces `path` as a whole: readers see the old content or the new one, also after a power cut.
 * Makes the folder when it is missing. A failed write leaves the old file and no temporary one.
 */
export function writeAtomic(path: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const { mode = 0o644, crash = noCrash } = options;
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${++serial}.tmp`);
  try {
    writeSynced(temporary, data, mode);
    crash('files.write:before');
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  crash('files.write:after');
  syncFolder(folder);
}

function writeSynced(path: string, data: string | Uint8Array, mode: number): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const handle = openSync(path, 'wx', mode);
  try {
    fchmodSync(handle, mode); // `mode` is meant as it stands; opening takes the umask off
    writeAll(handle, bytes);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes every byte: a single write may stop early when the disk fills up, and the next one then says so. */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
}

/** The parsed content, or undefined when there is no such file. Throws FILE_DAMAGED when it is not whole JSON. */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const what = text.trim() === '' ? 'is empty' : 'is not whole JSON';
    throw new RealmError('FILE_DAMAGED', `${path} ${what} (${text.length} characters)`, {
      hint: `look at it, then move it away: mv ${path} ${path}.damaged`,
      cause,
    });
  }
}

/** Adds one line in a single write, so that lines of several writers do not mix. */
export function appendLine(path: string, line: string, options: WriteOptions = {}): void {
  const { mode = 0o644, crash = noCrash } = options;
  const handle = openSync(path, 'a', mode);
  try {
    crash('files.append:before');
    writeAll(handle, Buffer.from(`${line}\n`));
    crash('files.append:after');
  } finally {
    closeSync(handle);
  }
}

/** A JSON file kept for other programs to read. */
export interface Projection {
  /** Writes when something changed; when only the timestamp did, at most once a minute, and then the newest. */
  write(value: Readonly<Record<string, unknown>>): void;
  /** Writes what is still held back, and stops. */
  close(): void;
}

export interface ProjectionOptions extends WriteOptions {
  /** The key that says when the file was made; its change alone is no news. Default `updated_at`. */
  readonly timestamp?: string;
  /** Default 60_000. */
  readonly quietMs?: number;
  /** Hears why a write that was held back failed. Without it that error is thrown out of the timer. */
  readonly onError?: (error: unknown) => void;
}

export function projection(path: string, clock: Clock, options: ProjectionOptions = {}): Projection {
  const { timestamp = 'updated_at', quietMs = 60_000, onError } = options;
  let meaning: string | undefined;
  let writtenAt = -Infinity;
  let held: { readonly value: Readonly<Record<string, unknown>>; readonly timer: Timer } | undefined;

  const put = (value: Readonly<Record<string, unknown>>): void => {
    held?.timer.cancel();
    held = undefined;
    writeAtomic(path, `${JSON.stringify(value, null, 2)}\n`, options);
    meaning = meaningOf(value, timestamp);
    writtenAt = clock.now();
  };
  const putLate = (value: Readonly<Record<string, unknown>>): void => {
    try {
      put(value);
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    }
  };
  return {
    write(value) {
      const left = writtenAt + quietMs - clock.now();
      if (meaningOf(value, timestamp) !== meaning || left <= 0) return put(value);
      held?.timer.cancel();
      held = { value, timer: clock.after(left, () => putLate(value)) };
    },
    close() {
      if (held !== undefined) put(held.value);
    },
  };
}

/** Two values with the same meaning differ at most in the timestamp. */
function meaningOf(value: Readonly<Record<string, unknown>>, timestamp: string): string {
  const text = JSON.stringify(value, (key, inner: unknown) => (key === timestamp ? undefined : inner));
  return createHash('sha256').update(text).digest('hex');
}
