// Where the paths of a snapshot go: back to where they were, or below another folder.
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, fromText, joined, shown } from '../byte-text.ts';

/** `base`: the config's folder, or the one given with `--to`; absolute, without links in it. */
export interface Destination {
  readonly base: ByteText;
  readonly isInPlace: boolean;
}

/** Below it lies in a snapshot what is elsewhere than in the config's folder, by its absolute path. */
export const OUTSIDE = '@root' as ByteText;

/** It lies elsewhere than in the config's folder. */
export const isOutside = (path: ByteText): boolean => path === OUTSIDE || path.startsWith(`${OUTSIDE}/`);

/** Absolute. */
export function placeOf({ base, isInPlace }: Destination, path: ByteText): ByteText {
  if (isInPlace && path === OUTSIDE) return '/' as ByteText;
  if (isInPlace && path.startsWith(`${OUTSIDE}/`)) return path.slice(OUTSIDE.length) as ByteText;
  return joined(base, path);
}

/** True for `folder` itself too; everything is at or below ''. */
export const isAtOrBelow = (path: ByteText, folder: ByteText): boolean =>
  folder === '' || path === folder || (path.startsWith(folder) && path[folder.length] === '/');

/** In the same world: what is elsewhere is not in the config's folder, although that is all of `data/`. */
export const isIn = (path: ByteText, folder: ByteText): boolean =>
  isOutside(path) === isOutside(folder) && isAtOrBelow(path, folder);

/** What a person typed, as a path of the snapshot: relative to the config's folder, or absolute. */
export function typedPath(text: string, configFolder: string): ByteText {
  const plain = text.replace(/^(\.\/+)+/, '').replace(/\/+$/, '');
  if (plain === '' || plain === '.') return '' as ByteText;
  if (plain === configFolder) return '' as ByteText;
  if (plain.startsWith(`${configFolder}/`)) return fromText(plain.slice(configFolder.length + 1));
  const path = fromText(plain.startsWith('/') ? `${OUTSIDE}${plain}` : plain);
  if (!/(^|\/)\.{0,2}(\/|$)/.test(path)) return path;
  throw new RealmError('BACKUP_RESTORE_REFUSED', `${JSON.stringify(text)} is no path inside a snapshot`, {
    hint: 'write it as it was saved: relative to the config, without `..`',
  });
}

/**
 * The topmost paths that are restored. In place these are the roots of the snapshot, or what is chosen of them: nothing above
 * a root was ever its business.
 */
export function startsOf(
  chosen: readonly ByteText[] | undefined,
  roots: readonly ByteText[] | undefined,
  isInPlace: boolean,
): ByteText[] {
  const wished = chosen ?? ['' as ByteText];
  if (!isInPlace) return outermost(wished);
  if (roots === undefined) {
    throw new RealmError('BACKUP_RESTORE_REFUSED', 'it is not known of which files and folders the snapshot was made', {
      hint: 'restore it to another place with --to DIR',
    });
  }
  const starts = wished.flatMap((wish) =>
    roots.flatMap((root) => (isIn(wish, root) ? [wish] : isAtOrBelow(root, wish) ? [root] : [])),
  );
  return outermost(starts, isIn);
}

export function outermost(paths: readonly ByteText[], isUnder = isAtOrBelow): ByteText[] {
  const all = [...new Set(paths)];
  return all.filter((path) => !all.some((other) => other !== path && isUnder(path, other)));
}

export const quoted = (path: ByteText): string => `\`${shown(path)}\``;
