// What restic is told to save: the fewest paths that hold exactly what the walk found, and the list that lies beside it.
import { readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asUtf8, type ByteText, fromText, toPath } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import type { Root } from '../policy.ts';
import type { Found } from '../tree/walk.ts';

/** Restic follows no link on the way to a path, so the way has to be free of them. */
export function withRealParent(root: Root): Root {
  try {
    return { ...root, from: join(realpathSync(dirname(root.from)), basename(root.from)) };
  } catch {
    return root; // not there: the walk tells
  }
}

const parentOf = (path: ByteText): ByteText => path.slice(0, Math.max(0, path.lastIndexOf('/'))) as ByteText;

/**
 * Folders of which everything was found stand for all that is in them; of the others each thing is named. An empty one that
 * is not empty on the disk has nothing to name: it is in the list of entries alone.
 */
export function targetsOf(found: readonly Found[]): readonly ByteText[] {
  const children = new Map<ByteText, number>();
  const open = new Set<ByteText>();
  for (const one of found.toReversed()) {
    const parent = parentOf(one.path);
    children.set(parent, (children.get(parent) ?? 0) + 1);
    if (one.type !== 'folder') continue;
    if (open.has(one.path) || namesIn(one.from) !== (children.get(one.path) ?? 0)) {
      open.add(one.path);
      open.add(parent);
    }
  }
  const paths = new Set(found.map(({ path }) => path));
  return found
    .filter((one) => !open.has(one.path))
    .filter(({ path }) => !paths.has(parentOf(path)) || open.has(parentOf(path)))
    .map(({ from }) => from);
}

function namesIn(folder: ByteText): number {
  try {
    return readdirSync(toPath(folder)).length;
  } catch {
    return -1; // unreadable, and told by the walk; what could be found in it is named
  }
}

/** As the list in the snapshot has them: without digests, which restic keeps for its blobs and not for files. */
export function entriesOf(found: readonly Found[]): readonly Entry[] {
  const first = new Map<string, ByteText>();
  return found.map(({ from: _from, links, isSparse: _isSparse, ...one }) => {
    if (one.type !== 'file' || links < 2) return one;
    const key = `${one.device}:${one.inode}`;
    const sameAs = first.get(key);
    if (sameAs === undefined) first.set(key, one.path);
    return sameAs === undefined ? one : { ...one, sameAs };
  });
}

/** Where an entry lies in the snapshot: its path in the world, as it was. undefined: only on the way to a root. */
export function placeOf(path: ByteText, roots: readonly Root[]): ByteText | undefined {
  let place: ByteText | undefined;
  let longest = -1;
  for (const root of roots) {
    const as = fromText(root.as);
    const rest =
      as === '' ? `/${path}` : path === as ? '' : path.startsWith(`${as}/`) ? path.slice(as.length) : undefined;
    if (rest === undefined || as.length <= longest) continue;
    longest = as.length;
    place = `${fromText(root.from.replace(/\/+$/, ''))}${rest}` as ByteText;
  }
  return place;
}

/** As restic shows it in JSON, where bytes that are no UTF-8 become U+FFFD; several in a row are one here. */
export const mangled = (place: ByteText): string =>
  (asUtf8(place) ?? Buffer.from(place, 'latin1').toString('utf8')).replaceAll(/�+/g, '�');
