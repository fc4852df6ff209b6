// Reads files that somebody else may have made, and reads those again only that may have changed.
import { constants, type Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { systemClock } from './clock.ts';
import { RealmError } from './errors.ts';

export interface RegularFile {
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

interface Known {
  readonly readAt: number;
  readonly stats: Stats;
  readonly file: RegularFile;
}

const NO_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;
/** The coarsest timestamps are those of FAT, two seconds: what changed just before it was read may change again unseen. */
const COARSEST_MS = 3_000;
/**
 * However it looks from outside: what is written through mapped memory, or by a failing disk, changes no timestamp; nor does
 * a link that led elsewhere between the look and the reading.
 */
const BELIEVED_MS = 10 * 60_000;
/** Characters of one text; and of all that are kept, with their paths and times. */
const LARGEST = 16_384;
const MOST = 16 * 1024 * 1024;

const known = new Map<string, Known>();
let held = 0;

/**
 * Text and permission bits of a file that somebody else may have made. Throws FILE_NOT_REGULAR for a folder, a device, or a
 * pipe, which would be waited for until somebody writes to it; and what the system throws, as ENOENT. A small file whose
 * inode, size and times are as they were is not read again for ten minutes, as with `make` and `rsync`.
 */
export async function readRegular(path: string): Promise<RegularFile> {
  const now = systemClock.now(); // as the times of files are, in simulations too
  const stats = await stat(path).catch((error: unknown) => {
    forget(path);
    throw error;
  });
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a pipe' : 'a socket or a device';
    throw new RealmError('FILE_NOT_REGULAR', `${path} is no regular file but ${what}`, { hint: `ls -ld ${path}` });
  }
  const before = known.get(path);
  if (before !== undefined && isSame(before.stats, stats) && isFresh(before, now)) return before.file;
  forget(path);
  // Whatever takes its place in between is not waited for either.
  const text = await readFile(path, { encoding: 'utf8', flag: NO_WAITING });
  const file = Object.freeze({ text, mode: stats.mode & 0o7777 }); // everybody who asks gets this one
  remember(path, { readAt: now, stats, file });
  return file;
}

const TELLING = ['ctimeMs', 'mtimeMs', 'size', 'ino', 'dev', 'mode'] as const;
const isSame = (a: Stats, b: Stats): boolean => TELLING.every((key) => a[key] === b[key]);
const isFresh = ({ readAt }: Known, now: number): boolean => now >= readAt && now - readAt < BELIEVED_MS;
const isSettled = ({ readAt, stats }: Known): boolean => readAt - Math.max(stats.ctimeMs, stats.mtimeMs) > COARSEST_MS;
/** The files of /proc and /sys say neither how long they are nor when they changed. */
const isWhole = ({ stats, file }: Known): boolean => Buffer.byteLength(file.text) === stats.size;
const weightOf = ({ file }: Known): number => file.text.length + 512;

function forget(path: string): void {
  const one = known.get(path);
  if (one === undefined) return;
  known.delete(path);
  held -= weightOf(one);
}

function remember(path: string, one: Known): void {
  if (one.file.text.length > LARGEST || !isSettled(one) || !isWhole(one)) return;
  forget(path); // of who asked at the same time
  if (held + weightOf(one) > MOST)
    for (const [other, { readAt }] of known) if (one.readAt - readAt >= BELIEVED_MS) forget(other);
  if (held + weightOf(one) > MOST) return;
  known.set(path, one);
  held += weightOf(one);
}
