// Rotates a log under its writers: copies the head away, notes where the rest begins, then punches a hole where the head was.
import { execFile } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import {
  logNow,
  type LogNow,
  pathOf,
  type Piece,
  pieceName,
  type Pieces,
  piecesBeside,
  readPieces,
  writePieces,
} from './pieces.ts';

const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
/** A block of most filesystems. */
const TRIAL_BYTES = 4096;

export interface RotateOptions {
  /** The largest part that stays in the log, and the largest piece. */
  readonly sizeBytes: number;
  /** Pieces that are kept; 0: what is rotated away is gone. */
  readonly keep: number;
  /** UTC, `2030-01-31`. */
  readonly today: string;
  /** Where a test may end it. */
  readonly crash?: (name: string) => void;
  /** Takes the bytes from 0 to `end` out of the file without moving what comes after. */
  readonly punch?: (log: string, end: number) => Promise<void>;
}

/** How many pieces were cut off. */
export async function rotate(log: string, options: RotateOptions): Promise<number> {
  for (let cut = 0; ; cut++) {
    const now = logNow(log);
    if (now === undefined) return cut;
    const { size, known } = now;
    if (size === known.start && known.day !== options.today && known.pieces.length > 0)
      writePieces(log, { ...known, day: options.today }); // nothing of the older day is left in it
    else if (isDue(now, options) && (await rotateOnce(log, now, options))) continue;
    return cut;
  }
}

/** Throws where files cannot have holes, or nobody can make them: then nothing can be rotated under its writers. */
export async function tryPunching(log: string, punch = punchHole): Promise<void> {
  const trial = `${log}.tmp`;
  try {
    writeFileSync(trial, Buffer.alloc(TRIAL_BYTES));
    await punch(trial, TRIAL_BYTES);
  } finally {
    rmSync(trial, { force: true });
  }
}

/**
 * Where it cannot be rotated under its writers: before a start, when there is none, a log that is too long becomes a piece as
 * a whole. The list comes first: a piece that is not there yet is skipped, and one that is not listed would be removed.
 */
export function turnOver(log: string, { sizeBytes, keep, today }: RotateOptions): boolean {
  const now = logNow(log);
  if (now === undefined || now.known.start > 0 || now.size <= sizeBytes) return false;
  const { known } = now;
  const piece: Piece = { file: pieceName(log, known.next, known.day), inode: 0, from: 0, to: now.size };
  const all = [...known.pieces, piece];
  const kept = keep > 0 ? all.slice(-keep) : [];
  writePieces(log, { ...known, next: known.next + 1, day: today, pieces: kept });
  renameSync(log, pathOf(log, piece));
  for (const old of all.slice(0, all.length - kept.length)) rmSync(pathOf(log, old), { force: true });
  return true;
}

/** Gives the disk back what a crash left between list and hole; where there was none, nothing happens. */
export async function finishRotation(log: string, punch = punchHole): Promise<void> {
  const start = logNow(log)?.known.start ?? 0;
  if (start > 0) await punch(log, start);
}

/** Whether it is longer than wanted, or began on another day. */
export const isDue = ({ size, known: { start, day } }: LogNow, { sizeBytes, today }: RotateOptions): boolean =>
  size - start > sizeBytes || (size > start && day !== today);

/**
 * Killed at any point, no line is lost and none counts twice: until the list is written the copy counts for nothing, and from
 * then on the original does.
 */
async function rotateOnce(log: string, now: LogNow, options: RotateOptions): Promise<boolean> {
  const { keep, today, crash = () => {}, punch = punchHole } = options;
  const { known } = now;
  if (readPieces(log) === undefined) writePieces(log, known); // else a copy that does not count yet would
  const handle = await open(log, 'r');
  try {
    const end = await cutOf(handle, now, options);
    if (end === undefined) return false;
    const piece: Piece = {
      file: pieceName(log, known.next, known.day),
      inode: now.inode,
      from: known.start,
      to: end,
    };
    removeUnlisted(log, known);
    if (keep > 0) await copy(handle, piece, log, crash);
    const all = keep > 0 ? [...known.pieces, piece] : known.pieces;
    const kept = keep > 0 ? all.slice(-keep) : [];
    if (isCutBack(log, piece)) return false; // what was copied is no part of it any more: the copy is left to be removed
    crash('log.rotate:before');
    // A day that goes on into the next counts for what is cut last.
    const day = now.size - end > options.sizeBytes ? known.day : today;
    writePieces(log, { inode: now.inode, start: end, next: known.next + 1, day, pieces: kept });
    crash('log.rotate:after');
    if (!isCutBack(log, piece)) await punch(log, end);
    crash('log.punch:after');
    for (const old of all.slice(0, all.length - kept.length)) rmSync(pathOf(log, old), { force: true });
    return true;
  } finally {
    await handle.close();
  }
}

/**
 * Behind the last whole line that fits. What has no line end for so long (progress that is drawn over itself) is cut
 * anywhere: pieces are read as one text.
 */
async function cutOf(
  handle: FileHandle,
  { size, known: { start } }: LogNow,
  { sizeBytes }: RotateOptions,
): Promise<number | undefined> {
  const most = Math.min(size, start + sizeBytes);
  const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, most - start));
  for (let end = most; end > start;) {
    const from = Math.max(start, end - buffer.length);
    const { bytesRead } = await handle.read(buffer, 0, end - from, from);
    const at = buffer.lastIndexOf(NEWLINE, bytesRead - 1);
    if (bytesRead > 0 && at >= 0) return from + at + 1;
    end = from;
  }
  return most < size ? most : undefined;
}

/** Under a name that does not count yet; whole and on the disk before it gets its own. */
async function copy(from: FileHandle, piece: Piece, log: string, crash: (name: string) => void): Promise<void> {
  const draft = `${log}.tmp`;
  const to = await open(draft, 'w', 0o600);
  try {
    const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, piece.to - piece.from));
    for (let at = piece.from; at < piece.to;) {
      const { bytesRead } = await from.read(buffer, 0, Math.min(buffer.length, piece.to - at), at);
      if (bytesRead === 0) break; // cut back meanwhile; the caller sees that
      await to.writeFile(buffer.subarray(0, bytesRead));
      at += bytesRead;
    }
    crash('log.copy:before');
    await to.sync();
    renameSync(draft, pathOf(log, piece));
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    await to.close();
  }
  crash('log.copy:after');
  const folder = await open(dirname(log), 'r');
  await folder.sync().finally(() => folder.close());
}

/** What a crash left: copies that never counted. */
function removeUnlisted(log: string, { pieces }: Pieces): void {
  const listed = new Set(pieces.map(({ file }) => file));
  for (const file of piecesBeside(log)) if (!listed.has(file)) rmSync(pathOf(log, { file }), { force: true });
}

/** Somebody emptied or replaced it. */
function isCutBack(log: string, { inode, to }: Piece): boolean {
  const found = statSync(log, { throwIfNoEntry: false });
  return found === undefined || found.ino !== inode || found.size < to;
}

const run = promisify(execFile);

/** With fallocate(1) of util-linux, since Node has no such call. Offsets stay, so writers and readers notice nothing. */
export async function punchHole(log: string, end: number): Promise<void> {
  await run('fallocate', ['--punch-hole', '--offset', '0', '--length', String(end), log]);
}
