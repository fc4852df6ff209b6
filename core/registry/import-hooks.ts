// How plugins' modules are found: the contract is always this very instance, and an edited plugin is read again.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OWN_EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.')); // .ts in a clone, .js in a built package
const CORE = new URL('../', import.meta.url).href;
const CONTRACT: Readonly<Record<string, string>> = {
  'realm-runner/plugin': new URL(`../plugin${OWN_EXTENSION}`, import.meta.url).href,
  'realm-runner/testing': new URL(`../testing${OWN_EXTENSION}`, import.meta.url).href,
};
/** `realm-package:<folder>|<name>`: the package as a module in that folder would find it. */
const PACKAGE = 'realm-package:';

/** Folder of a plugin to how often it was reloaded. */
const versions = new Map<string, number>();
/** Folder of a plugin to its own modules that were imported, each with a hash of what it was then. */
const modules = new Map<string, Map<string, string>>();
let installed = false;

/** Once per process; done by `resolvePlugin`. */
export function installImportHooks(): void {
  if (installed) return;
  installed = true;
  registerHooks({
    resolve(specifier, context, next) {
      const contract = CONTRACT[specifier];
      if (contract !== undefined) return { url: contract, shortCircuit: true };
      if (specifier.startsWith(PACKAGE)) {
        const [folder, name] = specifier.slice(PACKAGE.length).split('|');
        return next(name!, { ...context, parentURL: pathToFileURL(folder! + sep).href });
      }
      const found = next(specifier, context);
      if (context.parentURL !== undefined) note(found.url);
      const version = versionFor(found.url, context.parentURL);
      const url = version === undefined ? found.url : withVersion(found.url, version);
      return { ...found, url, format: found.format ?? formatOf(url) };
    },
  });
}

/** The specifier under which `import` finds a package from a folder's node_modules. */
export const packageSpecifier = (folder: string, name: string): string => `${PACKAGE}${folder}|${name}`;

/** The URL under which a plugin's entry file is to be imported now. Its folder becomes one that can be reloaded. */
export function entryUrl(file: string, folder: string): string {
  const version = versions.get(folder) ?? 0;
  versions.set(folder, version);
  const url = pathToFileURL(file).href;
  note(url);
  return version === 0 ? url : withVersion(url, version);
}

/**
 * From now on every module of this folder is read from disk again when its plugin is next imported. What was imported
 * before stays as it is, helpers loaded later included. Modules under node_modules, and CommonJS, are not read again.
 */
export function reloadPlugin(folder: string): number {
  const version = (versions.get(folder) ?? 0) + 1;
  versions.set(folder, version);
  return version;
}

/** The plugin's own files that were imported: what to watch. */
export const modulesOf = (folder: string): readonly string[] => [...(modules.get(folder)?.keys() ?? [])];

/** As `reloadPlugin`, when one of its imported files is no longer what was imported. */
export function reloadWhenEdited(folder: string): boolean {
  const isEdited = [...(modules.get(folder) ?? [])].some(([file, was]) => contentOf(file) !== was);
  if (isEdited) reloadPlugin(folder);
  return isEdited;
}

function note(url: string): void {
  if (!url.startsWith('file:') || url.startsWith(CORE) || url.includes('/node_modules/')) return;
  const folder = folderOf(url);
  if (folder === undefined) return;
  const file = fileURLToPath(url);
  const known = modules.get(folder) ?? new Map<string, string>();
  modules.set(folder, known.set(file, contentOf(file)));
}

function contentOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return 'unreadable'; // importing it says why
  }
}

/** A plugin in TypeScript is an ES module, also beside a package.json that says nothing; Node would warn about guessing. */
function formatOf(url: string): 'module-typescript' | undefined {
  const isOwn = /^file:.*\.ts(\?v=\d+)?$/.test(url) && !url.includes('/node_modules/') && folderOf(url) !== undefined;
  return isOwn ? 'module-typescript' : undefined;
}

/** A module takes the version of the one that imports it, while both are a plugin's own. */
function versionFor(url: string, parentUrl: string | undefined): string | undefined {
  if (parentUrl?.includes('?v=') !== true || !url.startsWith('file:')) return undefined;
  const version = new URL(parentUrl).searchParams.get('v');
  if (version === null || url.startsWith(CORE) || url.includes('/node_modules/')) return undefined;
  const folder = folderOf(parentUrl);
  return folder !== undefined && folderOf(url) === folder ? version : undefined;
}

/** The innermost known plugin folder that holds the module. */
function folderOf(url: string): string | undefined {
  const file = fileURLToPath(url);
  const around = [...versions.keys()].filter((folder) => file.startsWith(folder + sep));
  return around.sort((a, b) => b.length - a.length)[0];
}

function withVersion(url: string, version: string | number): string {
  const versioned = new URL(url);
  versioned.searchParams.set('v', String(version));
  return versioned.href;
}
