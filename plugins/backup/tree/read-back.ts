// Reads back what was written: a disk or a filesystem may have kept something else than it was given.
import { chmodSync, closeSync, constants, openSync } from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';
import { digestOf } from './digest.ts';

export interface Whole {
  readonly at: ByteText;
  /** What it must hold; undefined: nobody knows, and it only has to be readable. */
  readonly sha256: string | undefined;
}

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Why it is not as it was written, in one clause; null: it is. */
export function whyNotWhole({ at, sha256 }: Whole): string | null {
  try {
    const path = toPath(at);
    chmodSync(path, 0o600); // another program may have given it a mode that lets nobody read
    const handle = openSync(path, READ);
    try {
      const digest = digestOf(handle).sha256;
      return sha256 === undefined || digest === sha256 ? null : 'it was read back with another content';
    } finally {
      closeSync(handle);
    }
  } catch {
    return 'it cannot be read back';
  }
}
