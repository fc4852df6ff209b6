// Sets what a file, folder or link has beside its content: mode, owner and time.
import { chmodSync, chownSync, lchownSync, lutimesSync, utimesSync } from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import type { Metadata } from './journal.ts';
import type { Present } from './present.ts';

const isRoot = process.getuid?.() === 0;

/** Seconds for utimes, which takes a floating point number. */
const seconds = (ns: string): number => {
  const whole = BigInt(ns) / 1_000_000_000n;
  return Number(whole) + Number(BigInt(ns) - whole * 1_000_000_000n) / 1e9;
};

/** Who it belongs to is only set by root: others cannot give files away. Mode after owner: a change of owner clears bits. */
export function setMetadata(at: ByteText, { mode, uid, gid, mtimeNs }: Metadata): void {
  const path = toPath(at);
  if (isRoot) chownSync(path, uid, gid);
  chmodSync(path, mode);
  const time = seconds(mtimeNs);
  utimesSync(path, time, time);
}

export function setLinkMetadata(at: ByteText, { uid, gid, mtimeNs }: Metadata): void {
  const path = toPath(at);
  if (isRoot) lchownSync(path, uid, gid);
  const time = seconds(mtimeNs);
  lutimesSync(path, time, time);
}

export const metadataOf = ({ mode, uid, gid, mtimeNs }: Entry): Metadata => ({ mode, uid, gid, mtimeNs });

export const metadataNow = ({ stat }: Present): Metadata => ({
  mode: Number(stat.mode) & 0o7777,
  uid: Number(stat.uid),
  gid: Number(stat.gid),
  mtimeNs: String(stat.mtimeNs),
});
