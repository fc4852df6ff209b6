// Entries of several snapshots as one tree, base first: each path from the last layer that holds it.
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, shown } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import { parentOf } from './holder.ts';

export interface Wanted {
  readonly entry: Entry;
  /** Index of the snapshot it comes from. */
  readonly layer: number;
}

/** Parts that lead nowhere else: what is made of it stays below the folder it is put into. */
const isHostile = (path: ByteText): boolean => path === '' || path.includes('\0') || /(^|\/)(\.{0,2})(\/|$)/.test(path);

const refused = (name: string, why: string): RealmError =>
  new RealmError('BACKUP_DAMAGED', `${name} cannot be restored: ${why}`, {
    hint: 'see `realm backup verify`, or restore an older snapshot with --id',
  });

/** Something that may have others below it. */
interface Above {
  readonly path: ByteText;
  /** The last layer in which it is no folder: what earlier ones hold below it is gone. -1: it is one in all. */
  readonly shutBy: number;
  readonly type: Entry['type'];
}

/** The entries seen last whose path is how later ones may begin: few, and all that can be a parent is among them. */
class Ancestors {
  readonly #open: Above[] = [];

  push(one: Above): void {
    this.#leaveTo(one.path);
    this.#open.push(one);
  }

  #leaveTo(path: ByteText): void {
    while (this.#open.length > 0 && !path.startsWith(this.#open.at(-1)!.path)) this.#open.pop();
  }

  parent(path: ByteText): Above | undefined {
    this.#leaveTo(path);
    const folder = parentOf(path);
    return this.#open.find((one) => one.path === folder);
  }

  /** Whether something above `path` is no folder in this layer or a later one. */
  isHidden(path: ByteText, layer: number): boolean {
    this.#leaveTo(path);
    return this.#open.some(
      (one) => one.shutBy >= layer && path[one.path.length] === '/' && one.path.length < path.length,
    );
  }
}

/** The same entries, of which none leads out of where they are put and none lies below a file or a link. */
export async function* checked(entries: AsyncIterable<Entry>, name: string): AsyncGenerator<Entry> {
  const above = new Ancestors();
  let last = '';
  for await (const entry of entries) {
    const { path, sameAs } = entry;
    if (isHostile(path) || (sameAs !== undefined && isHostile(sameAs)))
      throw refused(name, `it names a path that leads out of it: ${shown(path)}`);
    if (path <= last) throw refused(name, `its entries are out of order at ${shown(path)}`);
    const parent = above.parent(path);
    if (parent?.type !== 'folder' && path.includes('/')) {
      const why =
        parent === undefined ? 'a folder that it does not hold' : `${shown(parent.path)}, which is a ${parent.type}`;
      throw refused(name, `${shown(path)} lies below ${why}`);
    }
    above.push({ path, shutBy: -1, type: entry.type });
    last = path;
    yield entry;
  }
}

/**
 * In the order of their bytes. A file or link in a later layer takes the place of a folder and all that is in it; what only
 * an earlier layer holds stays. Each layer has to be `checked`.
 */
export async function* merged(layers: readonly AsyncIterable<Entry>[]): AsyncGenerator<Wanted> {
  const readers = layers.map((layer) => layer[Symbol.asyncIterator]());
  const heads = await Promise.all(readers.map((reader) => reader.next()));
  const above = new Ancestors();
  for (;;) {
    let top: Wanted | undefined;
    for (const [layer, head] of heads.entries()) {
      if (head.done === true) continue;
      if (top === undefined || head.value.path <= top.entry.path) top = { entry: head.value, layer };
    }
    if (top === undefined) return;
    const { path, type } = top.entry;
    let shutBy = -1;
    for (const [layer, head] of heads.entries()) {
      if (head.done === true || head.value.path !== path) continue;
      if (head.value.type !== 'folder') shutBy = layer;
      heads[layer] = await readers[layer]!.next();
    }
    if (above.isHidden(path, top.layer)) continue;
    above.push({ path, shutBy, type });
    yield top;
  }
}
