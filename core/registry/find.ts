// Where a plugin named in the config lies: built in, a file beside the config, or an installed package.
import { readdirSync, statSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errnoOf, RealmError } from '../errors.ts';
import type { Location } from '../errors.ts';
import { nearest } from '../schema/nearest.ts';

export interface FoundPlugin {
  readonly from: 'built-in' | 'file' | 'package';
  /** The entry file; for a package, its package.json. */
  readonly file: string;
  /** The plugin's own folder: what to watch, and what `reloadPlugin` takes. */
  readonly folder: string;
  /** For a package: its full name. */
  readonly packageName?: string;
}

const OWN_EXTENSION = extname(import.meta.filename);
const BUILT_IN = join(import.meta.dirname, '..', '..', 'plugins');
const FILE_EXTENSIONS = ['.ts', '.js', '.mts', '.mjs'];
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** Names of the plugins that come with Realm. */
export function builtInPlugins(): readonly string[] {
  return readdirSync(BUILT_IN, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isFile(builtInFile(entry.name)))
    .map((entry) => entry.name)
    .sort();
}

const builtInFile = (name: string): string => join(BUILT_IN, name, `index${OWN_EXTENSION}`);

/** Whether this name in `plugins:` means one that comes with Realm. */
export const isBuiltIn = (name: string): boolean => /^[a-z][a-z0-9-]*$/.test(name) && isFile(builtInFile(name));

/** Looks only; imports nothing. `root` is the folder of the root config. Throws PLUGIN_NOT_FOUND. */
export function findPlugin(name: string, root: string, at?: Location): FoundPlugin {
  if (name.startsWith('.') || isAbsolute(name)) return findFile(name, root, at);
  if (isBuiltIn(name)) return { from: 'built-in', file: builtInFile(name), folder: join(BUILT_IN, name) };
  return findPackage(name, root) ?? notFound(name, root, at);
}

function findFile(name: string, root: string, at: Location | undefined): FoundPlugin {
  const path = resolve(root, name);
  const file = isFolder(path) ? FILE_EXTENSIONS.map((ending) => join(path, `index${ending}`)).find(isFile) : path;
  if (file !== undefined && isFile(file)) {
    if (FILE_EXTENSIONS.includes(extname(file))) return { from: 'file', file, folder: dirname(file) };
    throw new RealmError('PLUGIN_NOT_FOUND', `The plugin ${name} is no module: ${file} does not end in .ts or .js.`, {
      at,
      hint: 'Name a module whose default export is definePlugin({ … }).',
    });
  }
  const near = FILE_EXTENSIONS.find((ending) => isFile(path + ending));
  const hint =
    near !== undefined
      ? `Did you mean ${name}${near}?`
      : `Paths are relative to ${root}, the folder of the config. \`realm plugin new NAME\` writes a plugin.`;
  throw new RealmError('PLUGIN_NOT_FOUND', `The plugin ${name} is not there: ${file ?? `${path} has no index.ts`}.`, {
    at,
    hint,
  });
}

function findPackage(name: string, root: string): FoundPlugin | undefined {
  if (!PACKAGE_NAME.test(name)) return undefined;
  const isFull = name.startsWith('@') || name.startsWith('realm-plugin-');
  for (const packageName of isFull ? [name] : [`realm-plugin-${name}`, name]) {
    const file = manifestOf(packageName, root);
    if (file !== undefined) return { from: 'package', file, folder: dirname(file), packageName };
  }
  return undefined;
}

function manifestOf(packageName: string, root: string): string | undefined {
  try {
    return findPackageJSON(packageName, pathToFileURL(join(root, 'realm.config.yaml')));
  } catch (error) {
    if (errnoOf(error) === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function notFound(name: string, root: string, at: Location | undefined): never {
  const near = nearest(name, builtInPlugins());
  const sibling = isFile(join(root, `${name}.ts`)) ? `./${name}.ts` : undefined;
  const meant = sibling ?? near;
  throw new RealmError(
    'PLUGIN_NOT_FOUND',
    `No plugin "${name}": it is not built in, and no package realm-plugin-${basename(name)} is installed in ${root}.`,
    { at, hint: meant !== undefined ? `Did you mean ${meant}?` : `Built in are: ${builtInPlugins().join(', ')}.` },
  );
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
