// Deletes a folder for good, whatever its names and modes; links are deleted, never followed.
import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { absent } from 'realm-runner/plugin';
import { type ByteText, fromBytes, joined, toPath } from '../byte-text.ts';

/** Whoever else clears the same away may be faster. */
export function ifThere(work: () => void): void {
  try {
    work();
  } catch (error) {
    absent('ENOENT')(error);
  }
}

/** One that is not there is fine: an earlier try was interrupted, or somebody else does the same. */
export const purge = (path: ByteText, signal?: AbortSignal): void => ifThere(() => purgeOne(path, signal));

function purgeOne(path: ByteText, signal: AbortSignal | undefined): void {
  const stat = lstatSync(toPath(path), { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) return unlinkSync(toPath(path));
  signal?.throwIfAborted();
  if ((stat.mode & 0o700) !== 0o700) chmodSync(toPath(path), 0o700); // it is ours to empty
  for (const entry of readdirSync(toPath(path), { withFileTypes: true, encoding: 'buffer' })) {
    const inner = joined(path, fromBytes(entry.name));
    if (entry.isDirectory()) purge(inner, signal);
    else ifThere(() => unlinkSync(toPath(inner)));
  }
  rmdirSync(toPath(path));
}
