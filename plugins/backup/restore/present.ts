// What is at a destination now, walked in the order in which entries are: the bytes of the whole path.
import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { byBytes, type ByteText, fromBytes, joined, toPath } from '../byte-text.ts';

export interface Present {
  readonly path: ByteText;
  readonly at: ByteText;
  readonly type: 'file' | 'folder' | 'link' | 'special';
  readonly stat: BigIntStats;
}

/** What is there, or undefined. Never follows a link. */
export function presentAt(path: ByteText, at: ByteText): Present | undefined {
  let stat: BigIntStats | undefined;
  try {
    stat = lstatSync(toPath(at), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
  }
  if (stat === undefined) return undefined;
  const type = stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : 'special';
  return { path, at, type, stat };
}

/** Names in a folder, as bytes. */
export const namesIn = (folder: ByteText): ByteText[] =>
  readdirSync(toPath(folder), { encoding: 'buffer' }).map((name) => fromBytes(name));

/**
 * The trees at `starts`, in one order. A folder stands in it twice: as itself, and, with a slash, where what is in it comes.
 * What is skipped, or does not pass `isSeen`, is not gone into.
 */
export class PresentWalk {
  /** Keys still to come at each depth, the next one last. */
  readonly #pending: { readonly folder: ByteText; readonly keys: ByteText[] }[];
  readonly #placeOf: (path: ByteText) => ByteText;
  readonly #isSeen: (path: ByteText, at: ByteText) => boolean;
  readonly #skipped = new Set<ByteText>();
  /** Starts that come among what is in the topmost folder, itself a start, and are not in it. */
  readonly #beside: readonly ByteText[];

  constructor(
    starts: readonly ByteText[],
    placeOf: (path: ByteText) => ByteText,
    isSeen: (path: ByteText, at: ByteText) => boolean = () => true,
  ) {
    this.#placeOf = placeOf;
    this.#isSeen = isSeen;
    const isWhole = starts.includes('' as ByteText);
    this.#beside = isWhole ? starts.filter((start) => start !== '') : [];
    this.#pending = [{ folder: '' as ByteText, keys: ordered(isWhole ? ['' as ByteText] : starts) }];
  }

  next(): Present | undefined {
    for (let level = this.#pending.at(-1); level !== undefined; level = this.#pending.at(-1)) {
      const key = level.keys.pop();
      if (key === undefined) {
        this.#pending.pop();
        continue;
      }
      if (!key.endsWith('/')) {
        const path = joined(level.folder, key);
        const at = this.#placeOf(path);
        const present = this.#isSeen(path, at) ? presentAt(path, at) : undefined;
        if (present?.type !== 'folder') this.#skipped.add(path);
        if (present !== undefined) return present;
        continue;
      }
      const folder = joined(level.folder, key.slice(0, -1) as ByteText);
      if (!this.#skipped.delete(folder)) {
        const beside = folder === '' ? this.#beside : [];
        this.#pending.push({ folder, keys: ordered([...namesIn(this.#placeOf(folder)), ...beside]) });
      }
    }
    return undefined;
  }

  /** What is in this folder is not walked. */
  skipBelow(folder: ByteText): void {
    this.#skipped.add(folder);
  }
}

const ordered = (names: readonly ByteText[]): ByteText[] =>
  names
    .flatMap((name) => [name, `${name}/` as ByteText])
    .sort(byBytes)
    .reverse();
