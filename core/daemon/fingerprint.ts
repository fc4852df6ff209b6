// Tells by a short text whether a file, a folder or a whole tree is still as it was.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../errors.ts';

/** `content`: a touch is no change. `stat`: it is. `names`: which entries a folder has. `tree`: every file below, by stat. */
export type Compare = 'content' | 'stat' | 'names' | 'tree';

export const ABSENT = 'absent';
const MOST_ENTRIES = 5_000;
const LARGEST_BYTES = 32 * 1024 * 1024;
const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'];

/** The folders found on the way are added to `folders`: watching them is enough to hear of every change. */
export async function fingerprint(path: string, compare: Compare, folders: Set<string>): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    const text = `${found.dev}:${found.ino}:${found.size}:${found.mtimeNs}:${found.mode}`;
    if (!found.isDirectory()) {
      const isSmall = found.isFile() && found.size <= LARGEST_BYTES;
      return compare === 'content' && isSmall ? sha(await readFile(path)) : text;
    }
    folders.add(path);
    if (compare === 'tree') return await tree(path, folders);
    return `names:${(await readdir(path)).toSorted().join('\0')}`;
  } catch (error) {
    const code = errnoOf(error) ?? '';
    if (GONE.includes(code)) return code === 'ENOENT' ? ABSENT : `${ABSENT} (${code})`;
    throw error;
  }
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Installed packages and dotfiles are not a plugin's own source. */
const isForeign = (name: string): boolean => name === 'node_modules' || name.startsWith('.');

async function tree(root: string, folders: Set<string>): Promise<string> {
  const hash = createHash('sha256');
  const todo = [root];
  let count = 0;
  for (const folder of todo) {
    folders.add(folder);
    const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !isForeign(name));
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (++count > MOST_ENTRIES) return hash.digest('hex');
      const path = join(folder, entry.name);
      if (entry.isDirectory()) todo.push(path);
      else hash.update(`${path}\0${await fingerprint(path, 'stat', folders)}\0`);
    }
  }
  return hash.digest('hex');
}
