// The last words of a service, for whoever has to find out why it failed.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const MOST_BYTES = 16 * 1024;
const MOST_IN_LINE = 500;

/** The length of a log; 0 while there is none. */
export const lengthOf = (log: string): number => statSync(log, { throwIfNoEntry: false })?.size ?? 0;

/**
 * At most `most` lines from the end of a log, none from before `from`; none at all when it cannot be read: then the reason
 * alone has to do. A log that is shorter than `from` was emptied by somebody.
 */
export function lastLines(log: string, from: number, most = 20): readonly string[] {
  let handle: number | undefined;
  try {
    handle = openSync(log, 'r');
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(from > size ? size : size - from, MOST_BYTES));
    const length = readSync(handle, buffer, 0, buffer.length, Math.max(0, size - buffer.length));
    // What was rotated away reads as zeros.
    const lines = buffer.toString('utf8', buffer.lastIndexOf(0, length) + 1, length).split('\n');
    const whole = buffer.length === MOST_BYTES ? lines.slice(1) : lines; // the first is a part of one
    return whole
      .filter((line) => line.trim() !== '')
      .slice(-most)
      .map((line) => line.slice(0, MOST_IN_LINE));
  } catch {
    return []; // there is none, or it was taken away just now
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
