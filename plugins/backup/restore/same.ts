// Whether what is at a path is what a snapshot has for it.
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';
import { type ByteText, fromBytes, toPath } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import type { Present } from './present.ts';

/** `content` reads the files: times can be set, and a disk can forget. `times` believes them. */
export type SameBy = 'content' | 'times';

export function isSame(entry: Entry, present: Present, by: SameBy): boolean {
  if (entry.type !== present.type) return false;
  const { stat, at } = present;
  if (entry.type === 'link') return entry.target === linkAt(at);
  if ((Number(stat.mode) & 0o7777) !== entry.mode) return false;
  if (entry.type === 'folder') return true;
  if (Number(stat.size) !== entry.size || !isSameTime(entry.mtimeNs, stat.mtimeNs)) return false;
  return by === 'times' || entry.sha256 === undefined || digestAt(at) === entry.sha256;
}

/** Node sets times to the microsecond, through a floating point number. */
export function isSameTime(ns: string, other: bigint): boolean {
  const apart = BigInt(ns) - other;
  return apart < 2000n && apart > -2000n;
}

export const linkAt = (at: ByteText): ByteText => fromBytes(readlinkSync(toPath(at), { encoding: 'buffer' }));

let shared: Buffer | undefined;

/** SHA-256, hex, of a file; undefined when it cannot be read. */
export function digestAt(at: ByteText): string | undefined {
  const chunk = (shared ??= Buffer.allocUnsafeSlow(1 << 20));
  const all = createHash('sha256');
  let handle: number;
  try {
    handle = openSync(toPath(at), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined; // what cannot be read is not the same
  }
  try {
    for (let got = readSync(handle, chunk); got > 0; got = readSync(handle, chunk)) all.update(chunk.subarray(0, got));
    return all.digest('hex');
  } catch {
    return undefined;
  } finally {
    closeSync(handle);
  }
}
