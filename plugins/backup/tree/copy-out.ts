// Copies files out of a snapshot, by sharing their blocks where the filesystem can, and hashes what it copied.
import { createHash, hash } from 'node:crypto';
import { closeSync, constants, copyFileSync, fstatSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';
import { BUFFER, digestOf, fill } from './digest.ts';

export interface Copy {
  readonly from: ByteText;
  /** Nothing may be there yet. */
  readonly to: ByteText;
  /** What must come out of it. */
  readonly sha256: string;
}

export interface Copied {
  readonly bytes: number;
  /** Nothing is left at the places where these were to go. */
  readonly damaged: readonly { readonly from: ByteText; readonly why: string }[];
}

/** Where it could not be written: the fault of the place it goes to, so everything ends. */
class CannotWrite extends Error {}

/** Throws when a copy cannot be written; what cannot be read is told. */
export function copyOut(files: readonly Copy[]): Copied {
  const damaged: { from: ByteText; why: string }[] = [];
  let bytes = 0;
  for (const file of files) {
    try {
      bytes += copyOne(file);
    } catch (error) {
      if (error instanceof CannotWrite) throw error.cause;
      damaged.push({ from: file.from, why: (error as Error).message });
    }
  }
  return { bytes, damaged };
}

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Gives the bytes. Whatever it throws, nothing of the copy is left. */
function copyOne({ from, to, sha256 }: Copy): number {
  const source = openSync(toPath(from), READ);
  try {
    const stat = fstatSync(source);
    if (!stat.isFile()) throw new Error('it is no file');
    const isShared = share(from, to);
    const target = writing(() => openSync(toPath(to), isShared ? constants.O_RDONLY : CREATE, 0o600));
    try {
      const copied = isShared ? digestOf(target) : copyBytes(source, target, stat.blocks * 512 < stat.size);
      if (copied.sha256 !== sha256) throw new Error(`its content has another SHA-256: ${copied.sha256.slice(0, 12)}…`);
      return copied.bytes;
    } catch (error) {
      unlinkSync(toPath(to));
      throw error;
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function writing<T>(act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new CannotWrite('', { cause });
  }
}

let canShare = true;
const SHARE = constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL;

/**
 * Both files share their blocks then, and either may change without the other. Where it is refused a thread asks once:
 * whatever the reason, copying byte by byte says it better.
 */
function share(from: ByteText, to: ByteText): boolean {
  if (!canShare) return false;
  try {
    copyFileSync(toPath(from), toPath(to), SHARE);
    return true;
  } catch {
    canShare = false;
    return false;
  }
}

function copyBytes(source: number, target: number, isSparse: boolean): ReturnType<typeof digestOf> {
  let filled = fill(source);
  if (filled < BUFFER.length && !isSparse) {
    const small = BUFFER.subarray(0, filled);
    writing(() => writeAll(target, small, 0));
    return { bytes: filled, sha256: hash('sha256', small, 'hex') };
  }
  const all = createHash('sha256');
  let bytes = 0;
  for (; filled > 0; filled = fill(source)) {
    const part = BUFFER.subarray(0, filled);
    all.update(part);
    writing(() => (isSparse ? writeHoles(target, part, bytes) : writeAll(target, part, bytes)));
    bytes += filled;
    if (filled < BUFFER.length) break;
  }
  if (isSparse) writing(() => ftruncateSync(target, bytes));
  return { bytes, sha256: all.digest('hex') };
}

function writeAll(handle: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at, bytes.length - at, position + at);
}

const BLOCK = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

/** Leaves out what is zero: it takes no room then, as where it came from. */
function writeHoles(handle: number, bytes: Buffer, position: number): void {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    if (!block.equals(ZEROS.subarray(0, block.length))) writeAll(handle, block, position + at);
  }
}
