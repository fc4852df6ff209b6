// Replaces a small file as a whole by one that was put aside for it: on a full disk too, and without waiting for a busy one.
import {
  closeSync,
  fstatSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { absent, writeAtomic } from 'realm-runner/plugin';

/** A power cut ends all that these files speak of, so nobody waits for the disk. */
const HOW = { mode: 0o600, durable: false };
/** What every common file system gives out at least; a text of more needs a bigger one. */
const BLOCK_BYTES = 4_096;
const spareOf = (path: string): string => `${path}.spare`;
const FULL = ['ENOSPC', 'EDQUOT'];

/**
 * For text that blanks at its end do not change, such as JSON. Throws what the system says. A new file in the place of an old
 * one would be written out at once by ext4 (auto_da_alloc, see ext4(5)), which takes a millisecond and more.
 */
export function replace(path: string, text: string): void {
  if (!replaceBySpare(path, text)) writeAtomic(path, text, HOW);
  setAside(path, Buffer.byteLength(text));
}

/** Keeps room for a text of so many bytes at this place, for when there is none. */
export function setAside(path: string, bytes: number): void {
  const spare = spareOf(path);
  if ((statSync(spare, { throwIfNoEntry: false })?.size ?? 0) >= bytes) return;
  const size = Math.ceil((bytes + 1) / BLOCK_BYTES) * BLOCK_BYTES;
  try {
    writeFileSync(spare, ' '.repeat(size), { mode: 0o600 });
  } catch (error) {
    if (!FULL.includes(codeOf(error))) throw error; // there was room for the file itself alone
  }
}

/** Two names for the old one, so that its room is never given back: it is the next spare. False where that cannot be done. */
function replaceBySpare(path: string, text: string): boolean {
  const [spare, old] = [spareOf(path), `${path}.old`];
  if (!overwrite(spare, text)) return false;
  rmSync(old, { force: true }); // of a replacement that was interrupted
  const hasOld = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (hasOld && !hasLinked(path, old)) return false;
  renameSync(spare, path);
  if (hasOld) renameSync(old, spare);
  return true;
}

/** Not every file system lets a file have two names. */
function hasLinked(path: string, name: string): boolean {
  try {
    linkSync(path, name);
    return true;
  } catch {
    return false; // then it is replaced by a new one, or that says why it is not
  }
}

/** In place, with blanks up to its end. */
function overwrite(path: string, text: string): boolean {
  let handle: number | undefined;
  try {
    handle = openSync(path, 'r+');
    const bytes = Buffer.from(text);
    const padded = Buffer.alloc(Math.max(bytes.length, fstatSync(handle).size), ' ');
    bytes.copy(padded);
    return writeSync(handle, padded, 0, padded.length, 0) === padded.length;
  } catch (error) {
    if (FULL.includes(codeOf(error))) return false;
    absent('ENOENT')(error);
    return false;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
