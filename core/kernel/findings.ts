// Everything that is wrong with a config although some of its plugins cannot be used: people want to hear it in one go.
import { declare, declareSettings, sortDiagnostics } from '../config/declare.ts';
import type { Source } from '../config/source.ts';
import { type Diagnostic, RealmError } from '../errors.ts';
import type { LoadedPlugin } from '../registry/resolve.ts';
import { describe } from '../registry/sections.ts';
import { setUp } from '../registry/setup.ts';

/** `problems` is why; `plugins` are those that could be imported. What only the missing plugins could know is left open. */
export function findingsWithout(
  problems: readonly Diagnostic[],
  plugins: readonly LoadedPlugin[],
  source: Source,
): readonly Diagnostic[] {
  const found = [...problems];
  const settings = new Map<string, unknown>();
  let usable: readonly LoadedPlugin[] = [];
  let registry = setUp(usable, () => undefined);
  for (const one of plugins) {
    try {
      const { settings: own, diagnostics } = declareSettings(source, describe([one]));
      found.push(...diagnostics);
      if (diagnostics.length > 0) continue;
      for (const [name, value] of own) settings.set(name, value);
      registry = setUp([...usable, one], (plugin) => settings.get(plugin.name));
      usable = [...usable, one];
    } catch (error) {
      found.push(...diagnosticsOf(error));
    }
  }
  found.push(...declare(source, registry.catalog(), { isPartial: true }).diagnostics);
  return sortDiagnostics(withoutTwins(found), source);
}

/** Those of an error that stands for findings of the config. Throws any other. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (!(error instanceof RealmError)) throw error;
  if (error.diagnostics.length > 0 || error.at === undefined) return error.diagnostics;
  const { code, message, at, hint } = error;
  return [{ code, severity: 'error', message, at, ...(hint === undefined ? {} : { hint }) }];
}

const withoutTwins = (all: readonly Diagnostic[]): Diagnostic[] => [
  ...new Map(all.map((one) => [JSON.stringify([one.code, one.message, one.at]), one])).values(),
];
