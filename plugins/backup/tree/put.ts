// Writes bytes into a file and reads them back, so that what the system took is known to be what was given.
import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { BUFFER } from './digest.ts';

const BLOCK = 4096;
const back = Buffer.allocUnsafeSlow(BUFFER.length);
const zeros = Buffer.alloc(BLOCK);

/** At most as many as `BUFFER` holds. Throws what the target says. Blocks of zeros in a file with holes become holes. */
export function put(handle: number, bytes: Buffer, at: number, isSparse: boolean): void {
  if (!isSparse) write(handle, bytes, at);
  else for (const [start, end] of dataIn(bytes)) write(handle, bytes.subarray(start, end), at + start);
  if (isSparse) ftruncateSync(handle, at + bytes.length);
  let got = 0;
  while (got < bytes.length) {
    const length = readSync(handle, back, got, bytes.length - got, at + got);
    if (length === 0) break;
    got += length;
  }
  if (got !== bytes.length || bytes.compare(back, 0, got) !== 0) {
    throw Object.assign(new Error('what was written reads back as something else'), { code: 'EIO' });
  }
}

function write(handle: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(handle, bytes, done, bytes.length - done, at + done);
}

/** Where there is anything but whole blocks of zeros. */
function* dataIn(bytes: Buffer): Generator<readonly [number, number]> {
  let start = -1;
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const end = Math.min(at + BLOCK, bytes.length);
    const isHole = bytes.compare(zeros, 0, end - at, at, end) === 0;
    if (isHole && start >= 0) yield [start, at];
    if (isHole) start = -1;
    else if (start < 0) start = at;
  }
  if (start >= 0) yield [start, bytes.length];
}
