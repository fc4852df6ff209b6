// Reads the segments of the log: which there are, and their records one after the other, past whatever is damaged.
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeLine, NEWLINE } from './line.ts';
import type { LogRecord, Place } from './records.ts';

const NAME = /^(\d{8})\.jsonl$/;

export const segmentPath = (folder: string, segment: number): string =>
  join(folder, `${String(segment).padStart(8, '0')}.jsonl`);

/** Their numbers, the oldest first. */
export async function segmentsIn(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

export interface Found {
  /** Of its last good line. */
  readonly end: number;
  readonly size: number;
  /** Lines before that end that are not what was written... */
  readonly bad: number;
  /** ... and after it. */
  readonly torn: number;
}

/** Tells `hear` of each good record; `pause` is called between two of them. */
export async function readSegment(
  folder: string,
  segment: number,
  hear: (record: LogRecord, place: Place) => void,
  pause: () => Promise<void> | undefined,
): Promise<Found> {
  const bytes = await readFile(segmentPath(folder, segment));
  let [end, bad, badSince] = [0, 0, 0];
  for (let at = 0; at < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline === -1) break;
    const record = decodeLine(bytes.subarray(at, newline)) as LogRecord | undefined;
    if (record === undefined) badSince += 1;
    else {
      bad += badSince;
      badSince = 0;
      end = newline + 1;
      hear(record, { segment, offset: at, length: newline - at });
    }
    at = newline + 1;
    await pause();
  }
  const isCut = bytes.length > 0 && bytes.at(-1) !== NEWLINE;
  return { end, size: bytes.length, bad, torn: badSince + (isCut ? 1 : 0) };
}

/** One record. undefined: what is there is not as it was written. Throws where nothing can be read now. */
export async function readAt(folder: string, { segment, offset, length }: Place): Promise<LogRecord | undefined> {
  await using handle = await open(segmentPath(folder, segment), 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
  return decodeLine(buffer.subarray(0, bytesRead)) as LogRecord | undefined;
}
