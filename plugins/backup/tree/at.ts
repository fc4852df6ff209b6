// What lies at a path itself, links not followed, if anything does. Threads load it, so it loads next to nothing.
import { lstatSync, type Stats } from 'node:fs';
import { type ByteText, toPath } from '../byte-text.ts';

/** undefined also when something on its way is no folder. */
export function at(path: ByteText): Stats | undefined {
  try {
    return lstatSync(toPath(path), { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}
