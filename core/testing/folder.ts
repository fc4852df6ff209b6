// What a folder holds, as one value: to show that a look left no trace, or that nothing was left behind.
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Relative path to what is there: sort, mode, size, content and time of change. Times of reading do not count. */
export type FolderPicture = Readonly<Record<string, string>>;

/** The state folder is the kernel's and not looked at. */
export async function pictureOf(root: string): Promise<FolderPicture> {
  const names = await readdir(root, { recursive: true });
  const kept = names.filter((name) => name !== '.realm' && !name.startsWith('.realm/')).sort();
  return Object.fromEntries(await Promise.all(kept.map(async (name) => [name, await describe(join(root, name))])));
}

/** Names of what is not a folder: what an empty folder left behind does not count for. */
export const filesOf = (picture: FolderPicture): readonly string[] =>
  Object.keys(picture).filter((name) => !picture[name]!.startsWith('folder'));

async function describe(path: string): Promise<string> {
  const found = await lstat(path);
  const { size, mtimeMs } = found;
  const rights = (found.mode & 0o7777).toString(8);
  if (found.isDirectory()) return `folder ${rights} ${mtimeMs}`;
  if (found.isSymbolicLink()) return `link to ${await readlink(path)} ${mtimeMs}`;
  if (!found.isFile()) return `special ${rights} ${mtimeMs}`;
  const hash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  return `file ${rights} ${size} ${mtimeMs} ${hash}`;
}

/** Sentences on what differs. */
export function differences(before: FolderPicture, after: FolderPicture): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    if (!(name in after)) return [`${name} is gone`];
    if (!(name in before)) return [`${name} is new`];
    return before[name] === after[name] ? [] : [`${name} changed: ${before[name]} -> ${after[name]}`];
  });
}
