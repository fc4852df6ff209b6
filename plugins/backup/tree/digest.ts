// Reads a file that is open to its end and says what was in it: one read for a small one, one pass for any.
import { createHash, hash } from 'node:crypto';
import { readSync } from 'node:fs';

/** One a thread: nobody else reads at the same time. */
export const BUFFER = Buffer.allocUnsafeSlow(1 << 20);

/** How many bytes there are, and their SHA-256 in hex. Throws what the system says when it cannot read on. */
export function digestOf(handle: number): { readonly bytes: number; readonly sha256: string } {
  let filled = fill(handle);
  if (filled < BUFFER.length) return { bytes: filled, sha256: hash('sha256', BUFFER.subarray(0, filled), 'hex') };
  const all = createHash('sha256');
  let bytes = 0;
  for (; filled > 0; filled = fill(handle)) {
    all.update(BUFFER.subarray(0, filled));
    bytes += filled;
  }
  return { bytes, sha256: all.digest('hex') };
}

/** Until there are `enough`, or the file ends: a single read may give less than there is. Default: all the buffer holds. */
export function fill(handle: number, enough = BUFFER.length): number {
  let filled = 0;
  while (filled < enough) {
    const got = readSync(handle, BUFFER, filled, BUFFER.length - filled, null);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}
