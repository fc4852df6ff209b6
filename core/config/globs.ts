// Files that a glob names, without following links to folders, in a fixed order.
import { readdirSync } from 'node:fs';
import { join, matchesGlob, sep } from 'node:path';
import { errnoOf } from '../errors.ts';

export interface Globbed {
  /** Absolute, sorted. */
  readonly files: readonly string[];
  /** Absolute folders in which a new file could match. */
  readonly folders: readonly string[];
  /** The folder before the first wildcard does not exist. */
  readonly baseMissing: boolean;
}

export const isGlob = (pattern: string): boolean => /[*?[\]{}]/.test(pattern);

/** `pattern` is relative to `root`. Names that begin with a dot match only where the pattern says the dot. */
export function expandGlob(root: string, pattern: string, list: typeof listFolder = listFolder): Globbed {
  const parts = pattern.replace(/^\.\//, '').split('/');
  const wild = parts.findIndex(isGlob);
  const base = join(root, ...parts.slice(0, wild));
  const deep = parts.slice(wild).some((part) => part.includes('**'));
  const levels = deep ? Infinity : parts.length - wild - 1;
  const found: Found = { files: [], folders: [] };
  const baseMissing = !walk(base, levels, found, list);
  const absolute = join(root, ...parts);
  return {
    files: found.files.filter((file) => matchesGlob(file, absolute)).sort(),
    folders: found.folders,
    baseMissing,
  };
}

type Found = { readonly files: string[]; readonly folders: string[] };

function walk(folder: string, levels: number, found: Found, list: typeof listFolder): boolean {
  const names = list(folder);
  if (names === undefined) return false;
  found.folders.push(folder);
  for (const entry of names) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = folder + sep + entry.name;
    if (!entry.isDirectory()) found.files.push(path);
    else if (levels > 0) walk(path, levels - 1, found, list);
  }
  return true;
}

export interface FolderEntry {
  readonly name: string;
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
}

/** Sorted by name; undefined when there is no such folder. Other errors are thrown. */
export function listFolder(folder: string): readonly FolderEntry[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
