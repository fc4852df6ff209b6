// Whether a snapshot lacks so much of what was there before that something must be wrong with its sources.
import type { ByteText } from './byte-text.ts';
import { fromText } from './byte-text.ts';
import type { Entry } from './entry.ts';
import type { Root } from './policy.ts';
import { isAtOrBelow } from './restore/place.ts';
import type { Snapshot } from './snapshot.ts';

type Sizes = Pick<Snapshot, 'files' | 'bytes'>;
type Judged = Pick<Snapshot, 'status' | 'trigger' | 'isSuspicious'>;

/**
 * What a new one is measured by: the newest that is whole and was itself not suspicious. So it stays suspicious, run after
 * run, until a person says that it is right. What a restore put by is made of a part of the sources, and measures nothing.
 */
export const isMeasure = ({ status, trigger, isSuspicious }: Judged): boolean =>
  status === 'complete' && trigger !== 'safety' && !isSuspicious;

/** So many per cent fewer files or bytes. */
export function isShrunken(now: Sizes, before: Sizes, percent: number): boolean {
  const fell = (is: number, was: number): boolean => was > 0 && (100 * (was - is)) / was >= percent;
  return fell(now.files, before.files) || fell(now.bytes, before.bytes);
}

/** Which roots no file was found in: the mount point of a disk that is not there is an empty folder. */
export class RootsSeen {
  #empty: readonly ByteText[];

  constructor(roots: readonly Root[]) {
    this.#empty = roots.map(({ as }) => fromText(as));
  }

  see({ path, type }: { readonly path: ByteText; readonly type: Entry['type'] }): void {
    if (this.#empty.length > 0 && type === 'file') this.#empty = this.#empty.filter((as) => !isAtOrBelow(path, as));
  }

  /** The same, seen on their way. */
  *seeing<T extends { readonly path: ByteText; readonly type: Entry['type'] }>(all: Iterable<T>): Generator<T> {
    for (const one of all) {
      this.see(one);
      yield one;
    }
  }

  /** `before`: asked only when there is an empty one. One of which nobody can say what it held is taken for emptied. */
  async isAnyEmptied(before: () => Iterable<Entry> | Promise<Iterable<Entry>>): Promise<boolean> {
    if (this.#empty.length === 0) return false;
    try {
      for (const { path, type } of await before())
        if (type === 'file' && this.#empty.some((as) => isAtOrBelow(path, as))) return true;
      return false;
    } catch {
      return true; // its list is damaged, which a verification tells
    }
  }
}
