// From the files to a checked declaration and the plugin set's registry. Inert: nothing is started, nothing is written.
import { relative, dirname } from 'node:path';
import type { ConfigFiles } from '../config/accepted.ts';
import { declare, declareSettings } from '../config/declare.ts';
import type { ParsedFiles } from '../config/parsed-files.ts';
import { createSecrets, type Secrets } from '../config/secrets.ts';
import { readSource, type Source } from '../config/source.ts';
import { type Diagnostic, RealmError } from '../errors.ts';
import type { Mask } from '../mask.ts';
import type { Declaration } from '../model/declaration.ts';
import type { Registry } from '../registry/registry.ts';
import { type LoadedPlugin, loadPlugins } from '../registry/resolve.ts';
import { describe } from '../registry/sections.ts';
import { setUp } from '../registry/setup.ts';
import { diagnosticsOf, findingsWithout } from './findings.ts';

export interface LoadOptions {
  readonly file: string;
  readonly profile?: string | undefined;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of this process, so that it outlives a reload. Default: one of this load. */
  readonly mask?: Mask;
  /** Where the files of the config are read. Default: as they are now. */
  readonly from?: ConfigFiles | undefined;
  /** What earlier loads parsed. Default: nothing. */
  readonly parsed?: ParsedFiles | undefined;
  /** Told what was read, before any plugin is loaded, also when it turns out to be invalid: those files are worth watching. */
  readonly onSource?: (source: Source) => void | Promise<void>;
}

export interface Loaded {
  readonly root: string;
  readonly source: Source;
  readonly registry: Registry;
  readonly declaration: Declaration;
  readonly secrets: Secrets;
}

/** Throws CONFIG_INVALID with every diagnostic there is. */
export async function loadRealm(options: LoadOptions): Promise<Loaded> {
  const source = await readSource(options);
  await options.onSource?.(source);
  const { plugins, diagnostics: problems } = await loadPlugins(source.plugins, source.root);
  if (problems.length > 0) throw invalid(findingsWithout(problems, plugins, source));
  const registry = register(plugins, source);
  const { declaration, diagnostics } = declare(source, registry.catalog());
  if (declaration === undefined) throw invalid(diagnostics);
  return { root: dirname(source.file), source, registry, declaration, secrets: createSecrets(source, options) };
}

function register(plugins: readonly LoadedPlugin[], source: Source): Registry {
  try {
    const { settings, diagnostics } = declareSettings(source, describe(plugins));
    if (diagnostics.length > 0) throw invalid(diagnostics); // which kinds there are is known only after setup
    return setUp(plugins, (plugin) => settings.get(plugin.name));
  } catch (error) {
    throw invalid(findingsWithout(diagnosticsOf(error), plugins, source));
  }
}

function invalid(diagnostics: readonly Diagnostic[]): RealmError {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const first = errors[0];
  return new RealmError(
    'CONFIG_INVALID',
    `the configuration has ${errors.length} ${errors.length === 1 ? 'error' : 'errors'}`,
    { diagnostics, at: first?.at },
  );
}

const SHOWN = 3;

/** The first findings with their places; `realm validate` shows all of them with the lines. */
export function sayInvalid({ message, diagnostics }: RealmError, root: string): string {
  const said = diagnostics
    .slice(0, SHOWN)
    .map((one) => `${relative(root, one.at.file)}:${one.at.line}:${one.at.column} ${one.message}`);
  return [message, ...said].join('; ');
}
