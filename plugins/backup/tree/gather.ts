// Decides for each path that is met how it gets into the snapshot: made anew, taken over, or one more name of a file.
import type { ByteText } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import type { Order } from './order.ts';
import type { Found } from './walk.ts';

/** One path of the snapshot to be. */
export interface Item {
  readonly found: Found;
  /** Files that must be made: what to do. */
  readonly order?: Order;
  /** One more name of a file that was met before; which one, is known by this. */
  readonly again?: string;
}

/** Goes along sorted entries, once. */
class Cursor {
  readonly #entries: Iterator<Entry>;
  #at: Entry | undefined;
  #isOver = false;

  constructor(entries: Iterator<Entry>) {
    this.#entries = entries;
  }

  /** The entry of a path; paths are asked for in their order. */
  find(path: ByteText): Entry | undefined {
    while (!this.#isOver && (this.#at === undefined || this.#at.path < path)) {
      const { value, done } = this.#entries.next();
      this.#isOver = done === true;
      this.#at = done === true ? undefined : value;
    }
    return this.#at?.path === path ? this.#at : undefined;
  }

  close(): void {
    this.#entries.return?.();
  }
}

/** Nothing has touched the source since that entry was made; times alone would miss a file that was put in its place. */
const isUnchanged = (found: Found, entry: Entry | undefined): entry is Entry =>
  entry?.type === 'file' &&
  entry.isRacy !== true &&
  entry.size === found.size &&
  entry.mtimeNs === found.mtimeNs &&
  entry.ctimeNs === found.ctimeNs &&
  entry.inode === found.inode &&
  entry.device === found.device;

export class Gatherer {
  readonly #parent: Cursor;
  readonly #journal: Cursor;
  readonly #names = new Set<string>();

  constructor(parent: Iterator<Entry>, journal: Iterator<Entry>) {
    this.#parent = new Cursor(parent);
    this.#journal = new Cursor(journal);
  }

  itemOf(found: Found): Item {
    if (found.type !== 'file') return { found };
    const inode = inodeOf(found);
    if (inode !== undefined && this.#names.has(inode)) return { found, again: inode };
    if (inode !== undefined) this.#names.add(inode);
    const [before, made] = [this.#parent.find(found.path), this.#journal.find(found.path)];
    const order: Order = {
      found,
      known: isUnchanged(found, before) ? before.sha256 : undefined,
      made: isUnchanged(found, made) ? made.sha256 : undefined,
    };
    return { found, order };
  }

  close(): void {
    this.#parent.close();
    this.#journal.close();
  }
}

/** Undefined for a file with one name. */
export const inodeOf = ({ links, device, inode }: Found): string | undefined =>
  links > 1 ? `${device}:${inode}` : undefined;
