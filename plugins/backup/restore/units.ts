// What is swapped as one: a whole tree where that is possible, else what is in it, each for itself.
import { accessSync, constants, readFileSync } from 'node:fs';
import { type ByteText, fromText, toPath } from '../byte-text.ts';
import { parentOf } from './holder.ts';
import { isAtOrBelow } from './place.ts';

/** One file, link or whole tree that goes in place with one rename. */
export interface Unit {
  /** In the snapshot. */
  readonly path: ByteText;
  readonly at: ByteText;
  hasNew: boolean;
  hasOld: boolean;
  /** Lines that are not `same`. */
  changes: number;
  files: number;
  bytes: number;
}

/** Absolute, without links. */
export interface Grounds {
  /** What is there is never restored, replaced or moved. */
  readonly never: readonly ByteText[];
  /** They stay where they are, and what is in them is replaced: mounted filesystems, and where somebody stands. */
  readonly stays: readonly ByteText[];
}

/** Where filesystems are mounted; none where the system does not say. */
function mountPoints(): ByteText[] {
  let text: string;
  try {
    text = readFileSync('/proc/self/mountinfo', 'latin1');
  } catch {
    return []; // no Linux: a rename over a mount fails and is taken back
  }
  return text
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith('/') && path !== '/')
    .map(
      (path) =>
        path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))) as ByteText,
    );
}

export const groundsOf = (never: readonly string[], stays: readonly string[]): Grounds => ({
  never: never.map(fromText),
  stays: [...stays.map(fromText), ...mountPoints()],
});

/** Whether a folder that is there can be replaced as a whole: nothing in it must stay where it is, and it may be renamed. */
export function isSwappable(at: ByteText, { never, stays }: Grounds): boolean {
  if ([...never, ...stays].some((one) => isAtOrBelow(one, at))) return false;
  try {
    accessSync(toPath(parentOf(at) || ('/' as ByteText)), constants.W_OK | constants.X_OK);
  } catch {
    return false;
  }
  return true;
}
