// Reads lines of a log that may be huge, may be cut back or replaced while it is read, and may end in half a line.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { unreadable } from '../../store/folder.ts';

const CHUNK_BYTES = 64 * 1024;
/** A line without an end is given out in pieces, so that it cannot fill the memory. */
const LONGEST = 64 * 1024;

export class LineReader {
  readonly #path: string;
  readonly #buffer = Buffer.alloc(CHUNK_BYTES);
  #handle = -1;
  #inode = 0;
  #at: number;
  #decoder = new TextDecoder();
  #half = '';

  constructor(path: string, from = 0) {
    this.#path = path;
    this.#at = from;
  }

  /** The next whole lines, maybe none of them whole yet; undefined when nothing new is there now. */
  read(): readonly string[] | undefined {
    if (this.#handle < 0 && !this.#open()) return undefined;
    if (fstatSync(this.#handle).size < this.#at) this.#at = 0; // cut back
    const bytes = readSync(this.#handle, this.#buffer, 0, CHUNK_BYTES, this.#at);
    if (bytes === 0) return this.#wasReplaced() ? this.rest() : undefined;
    this.#at += bytes;
    const lines = (this.#half + this.#decoder.decode(this.#buffer.subarray(0, bytes), { stream: true })).split('\n');
    this.#half = lines.pop()!;
    return this.#half.length > LONGEST ? [...lines, ...this.rest()] : lines;
  }

  /** What stands after the last line break. */
  rest(): string[] {
    const half = this.#half;
    this.#half = '';
    return half === '' ? [] : [half];
  }

  close(): void {
    if (this.#handle >= 0) closeSync(this.#handle);
    this.#handle = -1;
  }

  #open(): boolean {
    try {
      const found = statSync(this.#path, { throwIfNoEntry: false });
      if (found === undefined) return false;
      this.#handle = openSync(this.#path, 'r');
    } catch (error) {
      throw unreadable(this.#path, error);
    }
    this.#inode = fstatSync(this.#handle).ino;
    return true;
  }

  /** Whether another file has the name by now; then that one is read next, from its start. */
  #wasReplaced(): boolean {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    if (found === undefined || found.ino === this.#inode) return false;
    this.close();
    this.#at = 0;
    this.#decoder = new TextDecoder();
    return true;
  }
}

/** Where the last `count` lines begin, and how many there are. Reads backwards, so a huge file costs no more than a small one. */
export function lastLines(path: string, count: number): { readonly from: number; readonly found: number } {
  const handle = openSync(path, 'r');
  try {
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let found = 0;
    if (count === 0) return { from: size, found };
    for (let end = size; end > 0;) {
      const start = Math.max(0, end - CHUNK_BYTES);
      const bytes = readSync(handle, buffer, 0, end - start, start);
      for (let i = bytes - 1; i >= 0; i -= 1) {
        if (buffer[i] !== 0x0a || start + i === size - 1) continue; // the last line's own end begins no line
        found += 1;
        if (found === count) return { from: start + i + 1, found };
      }
      end = start;
    }
    return { from: 0, found: size === 0 ? 0 : found + 1 };
  } finally {
    closeSync(handle);
  }
}
