// When a log was how long: services write no times, so this is how anybody knows what was said since an instant.
import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { writeAtomic } from 'realm-runner/plugin';

/** Marks lie at least so far apart; no answer is more exact. */
export const MARK_MS = 5_000;
const MOST_BYTES = 256 * 1024;

interface Mark {
  readonly inode: number;
  /** All before it was written by then. */
  readonly offset: number;
  readonly at: number;
}

const fileOf = (log: string): string => `${log}.times`;

/** One line; half a line, by a crash, is skipped when read. */
export function addMark(log: string, { inode, offset, at }: Mark): void {
  const path = fileOf(log);
  const length = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (length > MOST_BYTES) {
    const text = readFileSync(path, 'utf8').slice(-MOST_BYTES / 2);
    writeAtomic(path, text.slice(text.indexOf('\n') + 1), { mode: 0o600 });
  }
  appendFileSync(path, `\n${inode} ${offset} ${at}`, { mode: 0o600 });
}

/** Where to begin reading for what was written since then; undefined: nobody knows, or all of it is younger. */
export function offsetSince(log: string, inode: number, sinceMs: number): number | undefined {
  const older = marksOf(log).filter((mark) => mark.inode === inode && mark.at <= sinceMs);
  return older.length === 0 ? undefined : Math.max(...older.map(({ offset }) => offset));
}

function marksOf(log: string): readonly Mark[] {
  let text: string;
  try {
    text = readFileSync(fileOf(log), 'utf8');
  } catch {
    return []; // there are none yet
  }
  return text.split('\n').flatMap((line) => {
    const [, inode, offset, at] = /^(\d+) (\d+) (\d{13})$/.exec(line) ?? [];
    return at === undefined ? [] : [{ inode: Number(inode), offset: Number(offset), at: Number(at) }];
  });
}
