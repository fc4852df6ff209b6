// The files of the config in force, kept as text: what a run in a process of its own reads, whatever was typed since.
import { join, relative } from 'node:path';
import type { CrashPoint } from '../crash.ts';
import { RealmError } from '../errors.ts';
import { readJson, writeAtomic } from '../files.ts';
import { type FolderEntry, listFolder } from './globs.ts';
import { type Read, readText } from './read.ts';
import type { Source } from './source.ts';

/** Where files of a config come from. */
export interface ConfigFiles {
  read(path: string): Read;
  /** Undefined when there is no such folder. */
  list(folder: string): readonly FolderEntry[] | undefined;
}

/** As they are now. */
export const writtenFiles: ConfigFiles = { read: (path) => readText(path), list: listFolder };

const acceptedPath = (stateDir: string): string => join(stateDir, 'accepted-config.json');

/** What `${env:}`, `${file:}` and `${secret:}` stand for is not in it: that is looked up where it is needed. */
export function keepAccepted(stateDir: string, { texts }: Source, crash: CrashPoint): void {
  writeAtomic(acceptedPath(stateDir), JSON.stringify({ files: [...texts] }), { mode: 0o600, crash });
}

/** Undefined: none was kept. Throws FILE_DAMAGED. */
export function acceptedFiles(stateDir: string): ConfigFiles | undefined {
  const path = acceptedPath(stateDir);
  const kept = readJson(path) as { readonly files?: unknown } | undefined;
  if (kept === undefined) return undefined;
  if (!isTexts(kept.files)) throw new RealmError('FILE_DAMAGED', `${path} does not hold the files of a config`);
  const texts = new Map(kept.files);
  return {
    read(file) {
      const text = texts.get(file);
      if (text !== undefined) return { text };
      return { code: 'CONFIG_UNREADABLE', message: 'it is no file of the config in force', hint: 'realm config' };
    },
    list: (folder) => entriesIn(folder, texts.keys()),
  };
}

const isTexts = (value: unknown): value is readonly (readonly [string, string])[] =>
  Array.isArray(value) &&
  value.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string'));

/** By name, as a folder is listed. */
function entriesIn(folder: string, files: Iterable<string>): readonly FolderEntry[] | undefined {
  const entries = new Map<string, FolderEntry>();
  for (const file of files) {
    const [name, ...deeper] = relative(folder, file).split('/');
    if (name === undefined || name === '..') continue;
    const isFile = deeper.length === 0;
    entries.set(name, { name, isFile: () => isFile, isDirectory: () => !isFile, isSymbolicLink: () => false });
  }
  if (entries.size === 0) return undefined;
  return [...entries.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
