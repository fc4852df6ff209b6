// Turns the names under `plugins:` into plugins: finds the module, imports it, checks what it exports.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { Plugin } from '../contract/plugin.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import type { Diagnostic, Location } from '../errors.ts';
import { Timeout, withBudget } from './budget.ts';
import { findPlugin } from './find.ts';
import type { FoundPlugin } from './find.ts';
import { entryUrl, installImportHooks, packageSpecifier } from './import-hooks.ts';
import { readSectionChecks } from '../schema/check.ts';
import { orderPlugins } from './order.ts';
import { checkPlugin } from './plugin-rules.ts';
import { diagnosticOf } from './problems.ts';

/** A plugin whose module was imported, and where the config names it. */
export interface LoadedPlugin {
  readonly plugin: Plugin<unknown>;
  readonly at: Location;
  readonly from: FoundPlugin['from'];
  /** Its own folder, for watching and `reloadPlugin`. */
  readonly folder: string;
  /** Its entry module. */
  readonly file: string;
}

export interface ResolveOptions {
  /** Where `plugins:` names it; default: the plugin's own file. */
  readonly at?: Location | undefined;
  readonly clock?: Clock;
  /** For the import, top-level awaits included. Default 10_000. */
  readonly timeoutMs?: number;
}

const IMPORT_MS = 10_000;
/** Of built-in plugins, by URL: nobody edits them under a running process, and a reload must not wait for whoever loads modules. */
const builtIns = new Map<string, object>();

/**
 * Built-in, then `./path.ts` from `root` (the folder of the root config), then the package `realm-plugin-<name>`.
 * Throws PLUGIN_NOT_FOUND, PLUGIN_LOAD_FAILED or PLUGIN_INVALID.
 */
export async function resolvePlugin(name: string, root: string, options: ResolveOptions = {}): Promise<LoadedPlugin> {
  installImportHooks();
  const found = findPlugin(name, root, options.at);
  const at = options.at ?? { file: found.file, line: 1, column: 1, path: '' };
  const module = await importPlugin(name, root, found, at, options);
  const plugin = checkPlugin(name, found, module, at);
  return { plugin, at, from: found.from, folder: found.folder, file: entryFile(root, found) };
}

export interface PluginWish {
  readonly name: string;
  readonly at: Location;
}
export interface LoadResult {
  /** In the order of their setup; when anything is wrong, those that could be imported, as they are written. */
  readonly plugins: readonly LoadedPlugin[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Every plugin of a config, ordered by `needs` and `wants`. Never throws for what plugins do: all findings come together. */
export async function loadPlugins(
  wishes: readonly PluginWish[],
  root: string,
  options: Omit<ResolveOptions, 'at'> = {},
): Promise<LoadResult> {
  const ends = await Promise.allSettled(wishes.map(({ name, at }) => resolvePlugin(name, root, { ...options, at })));
  const loaded = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const diagnostics = ends.flatMap((end, index) =>
    end.status === 'rejected' ? diagnosticsOf(end.reason, wishes[index]!.at) : [],
  );
  if (diagnostics.length > 0) return { plugins: loaded, diagnostics };
  try {
    const ordered = orderPlugins(loaded.map((one) => ({ ...nameAndNeeds(one.plugin), at: one.at, loaded: one })));
    return { plugins: ordered.map((one) => one.loaded), diagnostics };
  } catch (error) {
    return { plugins: loaded, diagnostics: diagnosticsOf(error, wishes[0]!.at) };
  }
}

const nameAndNeeds = ({ name, needs, wants }: Plugin<unknown>) => ({ name, needs, wants });

function diagnosticsOf(error: unknown, at: Location): readonly Diagnostic[] {
  if (!(error instanceof RealmError)) throw error;
  return error.diagnostics.length > 0 ? error.diagnostics : [diagnosticOf(error, at)];
}

function entryFile(root: string, { file, packageName }: FoundPlugin): string {
  return packageName === undefined ? file : fileURLToPath(import.meta.resolve(packageSpecifier(root, packageName)));
}

async function importPlugin(
  name: string,
  root: string,
  found: FoundPlugin,
  at: Location,
  { clock = systemClock, timeoutMs = IMPORT_MS }: ResolveOptions,
): Promise<object> {
  const url = urlOf(found, root);
  const known = builtIns.get(url);
  if (known !== undefined) return known;
  try {
    const budget = { ms: timeoutMs, clock, what: `importing ${name}` };
    const module = await withBudget(() => import(/* @vite-ignore */ url) as Promise<object>, budget);
    if (found.from !== 'built-in') return module;
    await readSectionChecks(name);
    builtIns.set(url, module);
    return module;
  } catch (error) {
    const [why, hint] = explainImport(error, found);
    throw new RealmError('PLUGIN_LOAD_FAILED', `The plugin ${name} could not be imported: ${why}`, {
      at,
      hint,
      cause: error,
    });
  }
}

function urlOf({ from, file, folder, packageName }: FoundPlugin, root: string): string {
  if (packageName !== undefined) return packageSpecifier(root, packageName);
  return from === 'built-in' ? pathToFileURL(file).href : entryUrl(file, folder);
}

/** What went wrong, with the module's own place where Node tells it, and what its author can do. */
function explainImport(error: unknown, found: FoundPlugin): readonly [why: string, hint: string] {
  const why = `${messageOf(error)}${placeOf(error)}`;
  if (error instanceof Timeout)
    return [why, 'Importing must end by itself: move waiting into a background or observe.'];
  switch (errnoOf(error)) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return [
        why,
        'Node only strips types. Write a union of words for an enum, plain fields for parameter properties.',
      ];
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return [why, 'Node runs no TypeScript from node_modules: publish JavaScript, or name the plugin by its path.'];
    case 'ERR_MODULE_NOT_FOUND':
      return [why, `Relative imports carry their ending (./helper.ts); packages are installed in ${found.folder}.`];
    default:
      return [why, `The file is ${found.file}. A plugin's module only declares; it must not fail when imported.`];
  }
}

/** `(my-plugin.ts:3)`: V8 writes the place of a syntax error on the first line of the stack. */
function placeOf(error: unknown): string {
  if (!(error instanceof SyntaxError)) return '';
  const [first = ''] = (error.stack ?? '').split('\n');
  const place = /([^/\\]+?)(?:\?v=\d+)?:(\d+)$/.exec(first);
  return place === null ? '' : ` (${place[1]}:${place[2]})`;
}
