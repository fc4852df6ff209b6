// Plugins for tests of the registry, as if a config named each on a line of its own.
import type { Plugin } from '../../../core/contract/plugin.ts';
import { RealmError } from '../../../core/errors.ts';
import type { LoadedPlugin } from '../../../core/registry/resolve.ts';

export function loaded(...plugins: readonly (Partial<Plugin<any>> & { readonly name: string })[]): LoadedPlugin[] {
  // any: plugins with settings of all types stand in one list
  return plugins.map((plugin, index) => ({
    plugin: { summary: '', setup() {}, ...plugin },
    at: { file: '/realm.config.yaml', line: index + 1, column: 12, path: `plugins.${index}` },
    from: 'file',
    folder: '/plugins',
    file: '/plugins/index.ts',
  }));
}

/** What the call throws; fails when it throws nothing, or something of another sort. */
export function refusal(call: () => unknown): RealmError {
  try {
    call();
  } catch (error) {
    if (error instanceof RealmError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
