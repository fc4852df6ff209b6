// Makes one file of a snapshot: taken over from the one before where nothing changed, else copied, hashed and read back.
import { hash, createHash, type Hash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, rmSync } from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';
import type { Trouble } from '../engine.ts';
import { BUFFER, fill } from './digest.ts';
import { storedMode } from './layout.ts';
import type { Job, Order, Outcome } from './order.ts';
import { put } from './put.ts';
import { below, dress, makeAnew, READ, reuse, takeOver } from './take-over.ts';
import type { Found } from './walk.ts';

const TRIES = 3;
const MAKE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;

const errnoOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Throws only what the target answers: after that nothing written there can be trusted. */
export function makeFile(order: Order, job: Job): Outcome {
  try {
    return make(order, job);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return { how: 'trouble', what: 'refused', why: 'the target has another file whose name it takes for the same' };
  }
}

function make(order: Order, job: Job): Outcome {
  const to = below(job.to, order.found.path);
  if (order.made !== undefined && reuse(order, job, to)) return { how: 'resumed' };
  const taken = order.known !== undefined && job.parent !== undefined ? takeOver(order, job, to) : 'refused';
  if (taken === 'taken') return { how: 'taken' };
  for (let left = TRIES - 1; ; left -= 1) {
    const outcome = copy(order.found, job, to, left === 0);
    if (outcome !== 'changed') {
      return outcome.how === 'copied' && taken === 'damaged' ? { ...outcome, isParentDamaged: true } : outcome;
    }
  }
}

function copy(found: Found, job: Job, to: ByteText, isLast: boolean): Outcome | 'changed' {
  let source: number;
  try {
    source = openSync(toPath(found.from), READ);
  } catch (error) {
    return trouble(error);
  }
  try {
    const before = statOf(source);
    if ('how' in before) return before;
    if (!before.isFile()) return { how: 'trouble', what: 'refused', why: 'it is no file any more' };
    if (!isAsFound(before, found)) return { how: 'trouble', what: 'refused', why: 'its folder was replaced' };
    const read = before.size < BigInt(BUFFER.length) ? copySmall : copyLarge;
    return read(source, { ...found, ...timesOf(before) }, job, to, isLast);
  } finally {
    close(source);
  }
}

function statOf(source: number): BigIntStats | Outcome {
  try {
    return fstatSync(source, { bigint: true });
  } catch (error) {
    return trouble(error);
  }
}

/** Of one that was only read: what it says at its end changes nothing. */
function close(source: number): void {
  try {
    closeSync(source);
  } catch {
    // all that was wanted of it was read, or is in trouble already
  }
}

const trouble = (error: unknown): Outcome => {
  const what = { ENOENT: 'vanished', ELOOP: 'refused' }[errnoOf(error) ?? ''] ?? 'unreadable';
  return { how: 'trouble', what: what as Trouble['what'], why: (error as Error).message };
};

/** The file that was found, or another that took its name in the very same folder. */
function isAsFound(stat: BigIntStats, found: Found): boolean {
  if (Number(stat.ino) === found.inode && Number(stat.dev) === found.device) return true;
  const end = found.from.lastIndexOf('/');
  const folder = lstatSync(toPath((found.from.slice(0, end) || '/') as ByteText), { throwIfNoEntry: false });
  return folder !== undefined && (found.folderInode === 0 || folder.ino === found.folderInode);
}

const timesOf = (stat: BigIntStats): Partial<Found> & { size: number; mtimeNs: string; ctimeNs: string } => ({
  size: Number(stat.size),
  mode: Number(stat.mode & 0o7777n),
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  mtimeNs: String(stat.mtimeNs),
  ctimeNs: String(stat.ctimeNs),
  inode: Number(stat.ino),
  device: Number(stat.dev),
  isSparse: stat.blocks * 512n < stat.size,
});

type Copy = (source: number, found: Found, job: Job, to: ByteText, isLast: boolean) => Outcome | 'changed';

const copySmall: Copy = (source, found, job, to, isLast) => {
  let bytes: Buffer;
  let isStable: boolean;
  try {
    bytes = BUFFER.subarray(0, fill(source, found.size === 0 ? undefined : found.size)); // whether it grew is asked next
    isStable = isUnchanged(source, found, bytes.length);
  } catch (error) {
    return trouble(error);
  }
  if (!isStable && !isLast) return 'changed';
  const handle = makeAnew(to, job, () => openSync(toPath(to), MAKE, storedMode(found)));
  try {
    put(handle, bytes, 0, found.isSparse);
    dress(handle, found, job, true);
  } finally {
    closeSync(handle);
  }
  return copied({ ...found, size: bytes.length }, hash('sha256', bytes, 'hex'), job, isStable);
};

const copyLarge: Copy = (source, found, job, to, isLast) => {
  const digest: Hash = createHash('sha256');
  const handle = makeAnew(to, job, () => openSync(toPath(to), MAKE, storedMode(found)));
  let size = 0;
  let failure: Outcome | undefined;
  let isStable = false;
  try {
    for (;;) {
      let length = 0;
      try {
        length = fill(source);
      } catch (error) {
        failure = trouble(error);
        break;
      }
      if (length === 0) break;
      const bytes = BUFFER.subarray(0, length);
      digest.update(bytes);
      put(handle, bytes, size, found.isSparse);
      size += length;
    }
    isStable = failure === undefined && isUnchanged(source, found, size);
    dress(handle, found, job, true);
  } finally {
    closeSync(handle);
  }
  if (failure === undefined && (isStable || isLast))
    return copied({ ...found, size }, digest.digest('hex'), job, isStable);
  rmSync(toPath(to), { force: true });
  return failure ?? 'changed';
};

function copied(found: Found, sha256: string, { racyFromNs }: Job, isStable: boolean): Outcome {
  const from = BigInt(racyFromNs);
  const isRacy = !isStable || BigInt(found.mtimeNs) >= from || BigInt(found.ctimeNs) >= from;
  return { how: 'copied', sha256, found, isRacy, isUnstable: !isStable, isParentDamaged: false };
}

function isUnchanged(source: number, found: Found, read: number): boolean {
  const { size, mtimeNs, ctimeNs } = fstatSync(source, { bigint: true });
  return Number(size) === read && String(mtimeNs) === found.mtimeNs && String(ctimeNs) === found.ctimeNs;
}
