// Reads one service's log from any point on as one text, over pieces that were rotated away, also while that happens.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { logNow, type LogNow, pathOf, type Piece } from './pieces.ts';

const CHUNK_BYTES = 64 * 1024;
/** A line without an end is given out in parts, so that it cannot fill the memory. */
const LONGEST = 64 * 1024;

/** One for all: what was read is made into text at once, and hundreds of logs may be read. */
const buffer = Buffer.alloc(CHUNK_BYTES);

export class LogReader {
  readonly #log: string;
  /** Older pieces that are still to be read, oldest first. */
  #older: Piece[];
  #inode: number;
  #at: number;
  #decoder = new TextDecoder();
  #half = '';

  /** Stands at `from` in the log as it is now, or before all that is left of it and may have been written since an instant. */
  constructor(log: string, from?: number, sinceMs = -Infinity) {
    const now = logNow(log);
    this.#log = log;
    this.#inode = now?.inode ?? 0;
    const pieces = from === undefined ? (now?.known.pieces ?? []) : [];
    this.#older = pieces.filter((piece) => writtenAt(pathOf(log, piece)) >= sinceMs);
    this.#at = from ?? now?.known.start ?? 0;
  }

  /** The next lines, maybe none of them whole yet; undefined when nothing new is there now. */
  read(): readonly string[] | undefined {
    const bytes = this.#next();
    if (bytes === undefined) return undefined;
    const lines = (this.#half + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#half = lines.pop()!;
    return this.#half.length > LONGEST ? [...lines, ...this.rest()] : lines;
  }

  /** What stands after the last line break. */
  rest(): readonly string[] {
    const half = this.#half;
    this.#half = '';
    return half === '' ? [] : [half];
  }

  #next(): Uint8Array | undefined {
    for (let piece = this.#older[0]; piece !== undefined; piece = this.#older[0]) {
      const bytes = this.#readPiece(piece);
      if (bytes !== undefined) return bytes;
      this.#older.shift();
      this.#pieceAt = 0;
    }
    return this.#readLog();
  }

  #pieceAt = 0;
  /** undefined: it is read to its end, or is kept no longer. */
  #readPiece(piece: Piece): Uint8Array | undefined {
    const bytes = bytesAt(pathOf(this.#log, piece), this.#pieceAt, buffer)?.bytes;
    this.#pieceAt += bytes?.length ?? 0;
    return bytes?.length === 0 ? undefined : bytes;
  }

  /** What was read counts only if it was not punched out meanwhile: the list is written before the hole is made. */
  #readLog(): Uint8Array | undefined {
    const read = bytesAt(this.#log, this.#at, buffer);
    const now = logNow(this.#log);
    if (now === undefined) return undefined;
    if (now.inode !== this.#inode || now.size < this.#at) {
      this.#inode = now.inode; // replaced or cut back: from its beginning
      this.#at = now.known.start;
      return this.#next();
    }
    if (this.#at < now.known.start) {
      this.#catchUp(now);
      return this.#next();
    }
    if (read === undefined || read.inode !== this.#inode || read.bytes.length === 0) return undefined;
    this.#at += read.bytes.length;
    return read.bytes;
  }

  /** It was rotated past this point: goes on in the pieces; what is kept no longer is skipped. */
  #catchUp({ inode, known: { pieces, start } }: LogNow): void {
    this.#older = pieces.filter((piece) => piece.inode === inode && piece.to > this.#at);
    const first = this.#older[0];
    this.#pieceAt = first === undefined ? 0 : Math.max(0, this.#at - first.from);
    this.#at = start;
  }
}

const writtenAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** undefined: there is no such file. */
function bytesAt(
  path: string,
  at: number,
  buffer: Buffer,
): { readonly bytes: Uint8Array; readonly inode: number } | undefined {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const length = readSync(handle, buffer, 0, buffer.length, at);
    return { bytes: buffer.subarray(0, length), inode: fstatSync(handle).ino };
  } finally {
    closeSync(handle);
  }
}
