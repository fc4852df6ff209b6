// Which directory entries decide what a path names: the path itself and every symlink on the way to it.
import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';

const MOST_LINKS = 40; // as the kernel does

/**
 * Absolute paths of directory entries; a change of any of them can change what is found at `path`: its last two
 * components, each symlink on the way (a swapped `..data` of a mounted ConfigMap), and the first component that is missing.
 */
export function entriesOf(path: string): readonly string[] {
  const entries = new Set<string>();
  const { root } = parse(resolve(path));
  let at = root;
  let left = partsOf(resolve(path), root);
  for (let links = 0; left.length > 0;) {
    const entry = join(at, left[0]!);
    const found = lstatSync(entry, { throwIfNoEntry: false });
    if (found === undefined || found.isSymbolicLink() || left.length <= 2) entries.add(entry);
    if (found === undefined || (!found.isSymbolicLink() && !found.isDirectory())) break;
    if (!found.isSymbolicLink()) {
      at = entry;
      left = left.slice(1);
      continue;
    }
    if (++links > MOST_LINKS) break;
    const target = resolve(dirname(entry), readlinkSync(entry));
    left = [...partsOf(target, root), ...left.slice(1)];
    at = root;
  }
  return [...entries];
}

const partsOf = (path: string, root: string): string[] =>
  path
    .slice(root.length)
    .split('/')
    .filter((part) => part !== '');
