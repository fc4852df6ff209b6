// Uses a file that is on the target already: one that an interrupted run made, or that of the snapshot before.
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  linkSync,
  lstatSync,
  openSync,
  rmSync,
} from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';
import { digestOf } from './digest.ts';
import { storedMode } from './layout.ts';
import type { Job, Order } from './order.ts';
import type { Found } from './walk.ts';

/** ext4 has no more than 65,000 names for one file. */
const MOST_NAMES = 60_000;
/** Never through a link, and never waiting for the other end of a pipe. */
export const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const errnoOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

export const below = (folder: ByteText, path: ByteText): ByteText => `${folder}/${path}` as ByteText;

/** What an interrupted run made is read to its end, and used when it is what that run said; its own inode, nobody else's. */
export function reuse({ found, made }: Order, job: Job, to: ByteText): boolean {
  const handle = opened(to);
  if (handle === undefined) return false;
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile() || stat.nlink !== 1 || stat.size !== found.size || !isSound(handle, made!)) return false;
    dress(handle, found, job);
    return true;
  } finally {
    closeSync(handle);
  }
}

function opened(path: ByteText): number | undefined {
  try {
    return openSync(toPath(path), READ);
  } catch {
    return undefined; // what cannot be opened is made anew
  }
}

function isSound(handle: number, sha256: string): boolean {
  try {
    return digestOf(handle).sha256 === sha256;
  } catch {
    return false; // what cannot be read is not sound
  }
}

/** `damaged`: what the snapshot before has there is not what it saved. */
export function takeOver({ found, known }: Order, job: Job, to: ByteText): 'taken' | 'refused' | 'damaged' {
  if (job.takeOver === 'copy') return 'refused';
  const from = below(job.parent!, found.path);
  const stat = lstatSync(toPath(from), { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size !== found.size) return 'damaged';
  if (job.readsAll && !isSoundAt(from, known!)) return 'damaged';
  if ((stat.mode & 0o7777) !== storedMode({ type: 'file', mode: found.mode })) return 'refused';
  if (job.takeOver === 'link' && stat.nlink >= MOST_NAMES) return 'refused';
  try {
    if (job.takeOver === 'link') makeAnew(to, job, () => linkSync(toPath(from), toPath(to)));
    else makeAnew(to, job, () => clone(from, to, found, job));
    return 'taken';
  } catch (error) {
    if (['EMLINK', 'EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL'].includes(errnoOf(error) ?? ''))
      return 'refused';
    throw error;
  }
}

function isSoundAt(path: ByteText, sha256: string): boolean {
  const handle = opened(path);
  if (handle === undefined) return false;
  try {
    return isSound(handle, sha256);
  } finally {
    closeSync(handle);
  }
}

function clone(from: ByteText, to: ByteText, found: Found, job: Job): void {
  copyFileSync(toPath(from), toPath(to), constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  dressAt(to, found, job);
}

/**
 * What an interrupted run left at a path goes first. In a new folder nothing can be there, but for another name that the
 * target takes for the same: that one stays.
 */
export function makeAnew<T>(path: ByteText, { mayReplace }: Pick<Job, 'mayReplace'>, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !mayReplace) throw error;
    rmSync(toPath(path), { recursive: true, force: true });
    return make();
  }
}

/** Node takes no more than microseconds, and a negative number for now; the exact time is in the entry. */
export function timeOf({ mtimeNs }: { readonly mtimeNs: string }): number | Date {
  const micros = Number(BigInt(mtimeNs) / 1000n);
  return micros >= 0 ? micros / 1e6 : new Date(Math.floor(micros / 1e3));
}

/** Mode, owner and time. A new file has its mode already, unless the umask took something off. */
export function dress(handle: number, found: Found, { umask, owner }: Job, isNew = false): void {
  const isOthers = owner !== undefined && (owner.uid !== found.uid || owner.gid !== found.gid);
  if (isOthers) fchownSync(handle, found.uid, found.gid);
  const mode = storedMode({ type: 'file', mode: found.mode });
  if (!isNew || isOthers || (mode & umask) !== 0) fchmodSync(handle, mode);
  futimesSync(handle, timeOf(found), timeOf(found));
}

export function dressAt(path: ByteText, found: Found, job: Job): void {
  const handle = openSync(toPath(path), READ);
  try {
    dress(handle, found, job);
  } finally {
    closeSync(handle);
  }
}
