// What is known of one service's log: where its present part begins in the file, and the older pieces cut off it, in order.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { absent, writeAtomic } from 'realm-runner/plugin';

/** A part of the log that was copied away: the bytes `from` to `to` of the file with this inode. */
export interface Piece {
  readonly file: string;
  /** 0: from an earlier file, or nobody knows any more. */
  readonly inode: number;
  readonly from: number;
  readonly to: number;
}

/** The only word on which copy counts: a piece that is not listed was cut off by a crash, and is still in the log. */
export interface Pieces {
  /** Of the log when this was written. A log with another one begins at 0. */
  readonly inode: number;
  /** What stands before it was copied away; it may read as zeros. */
  readonly start: number;
  /** Number of the next piece. */
  readonly next: number;
  /** UTC day on which the present part began. */
  readonly day: string;
  /** Oldest first. */
  readonly pieces: readonly Piece[];
}

/** What is there of a log: the file, and what is known about it. */
export interface LogNow {
  readonly inode: number;
  readonly size: number;
  readonly bornAt: number;
  readonly known: Pieces;
}

const NUMBER_DIGITS = 6;

/** Never the name of another service's log: those end in `.log`. */
const stateOf = (log: string): string => `${log}.json`;
export const pieceName = (log: string, number: number, day: string): string =>
  `${basename(log)}.${String(number).padStart(NUMBER_DIGITS, '0')}.${day}`;
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** undefined: there is no log. What cannot be believed, such as a start beyond the end, is not. */
export function logNow(log: string): LogNow | undefined {
  const found = statSync(log, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { ino: inode, size, birthtimeMs } = found;
  const day = dayOf(birthtimeMs);
  const written = readPieces(log);
  if (written === undefined) return { inode, size, bornAt: birthtimeMs, known: rediscovered(log, inode, day) };
  const isSame = written.inode === inode && written.start <= size;
  const known = isSame ? written : { ...written, inode, start: 0, day };
  return { inode, size, bornAt: birthtimeMs, known };
}

export const writePieces = (log: string, pieces: Pieces): void =>
  writeAtomic(stateOf(log), `${JSON.stringify(pieces)}\n`, { mode: 0o600 });

export function readPieces(log: string): Pieces | undefined {
  let text: string | null;
  try {
    text = readFileSync(stateOf(log), 'utf8');
  } catch (error) {
    text = absent('ENOENT', 'ENOTDIR')(error);
  }
  try {
    return text === null ? undefined : (JSON.parse(text) as Pieces);
  } catch {
    return undefined; // not whole, by somebody's hand: what lies beside the log is found again
  }
}

/**
 * Without a list, every copy counts: a line twice is better than a line lost. The folder is read when somebody asks: of
 * most logs nothing was ever cut off, and hundreds may lie there.
 */
function rediscovered(log: string, inode: number, day: string): Pieces {
  let read: readonly string[] | undefined;
  const files = (): readonly string[] => (read ??= piecesBeside(log));
  return {
    inode,
    start: 0,
    day,
    get next() {
      const from = basename(log).length + 1;
      return (
        Number(
          files()
            .at(-1)
            ?.slice(from, from + NUMBER_DIGITS) ?? 0,
        ) + 1
      );
    },
    get pieces() {
      return files().map((file) => ({ file, inode: 0, from: 0, to: 0 }));
    },
  };
}

/** Files that are or were to be pieces of the log, in order. */
export function piecesBeside(log: string): readonly string[] {
  const name = basename(log);
  return readdirSync(dirname(log))
    .filter((file) => file.startsWith(`${name}.`) && /^\d{6,}\.\d{4}-\d\d-\d\d$/.test(file.slice(name.length + 1)))
    .sort();
}

export const pathOf = (log: string, { file }: Pick<Piece, 'file'>): string => join(dirname(log), file);
