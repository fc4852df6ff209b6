// Finds the configuration file upward from a folder. Never executes or loads anything.
import { existsSync, lstatSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { errnoOf, RealmError } from '../errors.ts';

export const CONFIG_NAMES = ['realm.config.yaml', 'realm.config.yml', 'realm.config.json'] as const;

export interface Found {
  readonly file: string;
  /** Its folder, to which all paths are relative. */
  readonly root: string;
}

/**
 * The file given, or the nearest one in `cwd` and the folders above it, up to the home folder (or `/` outside of it).
 * Throws CONFIG_NOT_FOUND or, for a name that is no regular file, CONFIG_UNREADABLE.
 */
export async function findConfig(cwd: string, explicit?: string): Promise<Found> {
  const file = explicit === undefined ? await search(cwd) : resolve(cwd, explicit);
  if (file === undefined) {
    if (!existsSync(cwd)) {
      throw new RealmError('CONFIG_NOT_FOUND', `the folder ${resolve(cwd)} does not exist`, { hint: 'check the name' });
    }
    throw new RealmError('CONFIG_NOT_FOUND', `no ${CONFIG_NAMES[0]} in ${resolve(cwd)} or above`, {
      hint: 'realm init',
    });
  }
  const found = await stat(file).catch((error: unknown) => error);
  if (errnoOf(found) === 'ENOENT') {
    const isLink = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    throw new RealmError('CONFIG_NOT_FOUND', `${file} ${isLink ? 'links to what does' : 'does'} not exist`, {
      hint: 'check the name; `realm init` in an empty folder begins a new realm',
    });
  }
  if (found instanceof Error) throw new RealmError('CONFIG_UNREADABLE', found.message, { cause: found });
  if (!(found as { isFile(): boolean }).isFile()) {
    throw new RealmError('CONFIG_UNREADABLE', `${file} is not a regular file`, { hint: 'name the file itself' });
  }
  return { file, root: dirname(file) };
}

/** The usual case, a config right here, is answered without loading cosmiconfig, which decides for all others. */
async function search(cwd: string): Promise<string | undefined> {
  const names = CONFIG_NAMES.map((name) => join(resolve(cwd), name));
  const here = names.find((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined); // also a link to nothing
  if (here !== undefined) return here;
  const { cosmiconfig } = await import('cosmiconfig');
  const nothing = (): object => ({}); // cosmiconfig wants to load what it finds; we read it ourselves, with positions
  const explorer = cosmiconfig('realm', {
    searchPlaces: [...CONFIG_NAMES],
    loaders: { '.yaml': nothing, '.yml': nothing, '.json': nothing },
    searchStrategy: 'global',
    stopDir: homedir(),
    cache: false,
    ignoreEmptySearchPlaces: false,
  });
  return (await explorer.search(resolve(cwd)))?.filepath;
}
