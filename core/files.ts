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
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock, Timer } from './clock.ts';
import type { CrashPoint } from './crash.ts';
import { noCrash } from './crash.ts';
import { errnoOf, messageOf, RealmError } from './errors.ts';

export interface WriteOptions {
  /** Permission bits of the new file. Default 0o644. */
  readonly mode?: number;
  /**
   * false: it need not be on the disk when this returns, which takes milliseconds on a busy one. Whoever reads it after a
   * power cut may find the old content, and on some filesystems nothing. Default true.
   */
  readonly durable?: boolean;
  readonly crash?: CrashPoint;
}

/** Makes a new name in `folder` survive a power cut. Some filesystems cannot; then the system does it in its own time. */
export function syncFolder(folder: string): void {
  let handle: number;
  try {
    handle = openSync(folder, 'r');
  } catch (error) {
    if (errnoOf(error) === 'EACCES') return; // one that may be written to and not be read
    throw error;
  }
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(errnoOf(error) ?? '')) throw error;
  } finally {
    closeSync(handle);
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Makes a folder and those above it; one that is there is fine. What cannot be made is named, with the system's code.
 * Node's own `recursive` tries for ever where a filesystem answers "no such folder" to making one, as /proc does.
 * Gives the folders in which it made one, outermost first: what was made survives a power cut once these are synced.
 */
export function makeFolder(path: string, mode = 0o777): readonly string[] {
  if (isFolder(path)) return [];
  const above = dirname(path) === path ? [] : makeFolder(dirname(path), mode);
  try {
    mkdirSync(path, mode);
  } catch (cause) {
    if (isFolder(path)) return above; // somebody else was faster
    const error = new Error(`the folder ${path} cannot be made: ${messageOf(cause)}`, { cause });
    throw Object.assign(error, { code: errnoOf(cause) });
  }
  return [...above, dirname(path)];
}

let serial = 0; // two writers of one path in this process must not share a temporary file

/**
 * Replaces `path` as a whole: readers see the old content or the new one, also after a power cut, unless `durable` is false.
 * Makes the folder when it is missing. A failed write leaves the old file and no temporary one.
 */
export function writeAtomic(path: string, data: string | Uint8Array, options: WriteOptions = {}): void {
  const { mode = 0o644, durable = true, crash = noCrash } = options;
  const folder = dirname(path);
  const changed = makeFolder(folder);
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${++serial}.tmp`);
  try {
    writeWhole(temporary, data, mode, durable);
    crash('files.write:before');
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  crash('files.write:after');
  if (durable) for (const one of [folder, ...changed]) syncFolder(one);
}

function writeWhole(path: string, data: string | Uint8Array, mode: number, durable: boolean): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const handle = openSync(path, 'wx', mode);
  try {
    fchmodSync(handle, mode); // `mode` is meant as it stands; opening takes the umask off
    writeAll(handle, bytes);
    if (durable) fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Writes every byte: a single write may stop early when the disk fills up, and the next one then says so. */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
}

/** The text of a file, or undefined when there is none. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** For those who have their own words for damage: the value, or undefined when the text is not whole JSON. */
export function wholeJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // the caller says what that means
  }
}

/** The parsed content, or undefined when there is no such file. Throws FILE_DAMAGED when it is not whole JSON. */
export function readJson(path: string): unknown {
  const text = readText(path);
  if (text === undefined) return undefined;
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
