// Everything that one plugin set declared, by name and with its plugin. Frozen once set up.
import type { Action, Stream } from '../contract/action.ts';
import type { Context } from '../contract/context.ts';
import type { RealmEvent } from '../contract/events.ts';
import type { Kind } from '../contract/kind.ts';
import { RealmError } from '../errors.ts';
import type { Tap } from '../hooks.ts';
import type { Catalog } from '../model/declaration.ts';
import type { SchemaOf } from '../schema/schema.ts';
import type { LoadedPlugin } from './resolve.ts';

export interface KindEntry {
  readonly plugin: string;
  readonly kind: Kind;
}
export interface SettingsEntry {
  readonly plugin: string;
  readonly schema: SchemaOf<unknown>;
}
export interface ActionEntry {
  readonly plugin: string;
  readonly action: Action;
  /** The command line it answers to, `backup run`. */
  readonly verb: string;
}
export interface StreamEntry {
  readonly plugin: string;
  readonly stream: Stream;
  readonly verb: string;
}
export interface Listener {
  readonly plugin: string;
  readonly event: string;
  readonly hear: (data: never, ctx: Context, event: RealmEvent) => void | Promise<void>;
}
export interface Follower {
  readonly plugin: string;
  readonly cursor: string;
  readonly events: readonly string[];
  readonly hear: (event: never, ctx: Context) => Promise<void>;
}
export interface Background {
  readonly plugin: string;
  readonly name: string;
  readonly loop: (ctx: Context) => Promise<void>;
  readonly alsoOnce: boolean;
}
export interface ApiEntry {
  readonly plugin: string;
  readonly api: unknown;
}

export interface Registry {
  /** In the order of their setup. */
  readonly plugins: readonly LoadedPlugin[];
  /** By section, as the config names them. */
  readonly kinds: ReadonlyMap<string, KindEntry>;
  /** By the kind's own name, as refs do. */
  readonly kindsByName: ReadonlyMap<string, KindEntry>;
  /** By section. */
  readonly settings: ReadonlyMap<string, SettingsEntry>;
  readonly actions: ReadonlyMap<string, ActionEntry>;
  readonly streams: ReadonlyMap<string, StreamEntry>;
  /** In the order in which plugins are asked. */
  readonly taps: readonly Tap[];
  readonly listeners: readonly Listener[];
  readonly followers: readonly Follower[];
  readonly backgrounds: readonly Background[];
  readonly apis: ReadonlyMap<string, ApiEntry>;
  catalog(): Catalog;
  /** Throws TOOL_UNNAMED unless a kind of the plugin names the program in `observes`. */
  mayAsk(plugin: string, tool: string): void;
  /** The API for a plugin that names its owner in `needs`. Throws PLUGIN_API_UNDECLARED. */
  use(plugin: string, api: string): unknown;
  /** The API, or undefined when no plugin in use lends it. */
  find(api: string): unknown;
}

/** What setup collects; `freezeRegistry` makes a Registry of it. */
export interface Collected {
  readonly plugins: readonly LoadedPlugin[];
  readonly kinds: Map<string, KindEntry>;
  readonly settings: ReadonlyMap<string, SettingsEntry>;
  readonly actions: Map<string, ActionEntry>;
  readonly streams: Map<string, StreamEntry>;
  readonly taps: Tap[];
  readonly listeners: Listener[];
  readonly followers: Follower[];
  readonly backgrounds: Background[];
  readonly apis: Map<string, ApiEntry>;
}

export function freezeRegistry(collected: Collected): Registry {
  const { plugins, kinds, settings, apis } = collected;
  const needs = new Map(plugins.map(({ plugin }) => [plugin.name, new Set(plugin.needs)]));
  for (const list of [collected.taps, collected.listeners, collected.followers, collected.backgrounds, plugins])
    Object.freeze(list);
  return Object.freeze({
    ...collected,
    kindsByName: new Map([...kinds.values()].map((entry) => [entry.kind.name, entry])),
    catalog: () => ({ kinds, settings }),
    find: (name: string) => apis.get(name)?.api,
    mayAsk(plugin: string, tool: string): void {
      for (const entry of kinds.values()) if (entry.plugin === plugin && entry.kind.observes?.includes(tool)) return;
      throw new RealmError('TOOL_UNNAMED', `The plugin "${plugin}" asks ${tool}, which none of its kinds observes.`, {
        hint: `Write observes: ['${tool}'] in the kind that looks with it.`,
      });
    },
    use(user: string, name: string): unknown {
      const entry = apis.get(name);
      if (entry !== undefined && (entry.plugin === user || needs.get(user)?.has(entry.plugin) === true))
        return entry.api;
      throw new RealmError(
        'PLUGIN_API_UNDECLARED',
        entry === undefined
          ? `The plugin "${user}" uses the API "${name}", which no plugin in use lends.`
          : `The plugin "${user}" uses the API "${name}" of "${entry.plugin}" without naming it in \`needs\`.`,
        {
          hint:
            entry === undefined
              ? `Take it with ctx.find('${name}'), which may answer undefined.`
              : `Write needs: ['${entry.plugin}'], or take it with ctx.find('${name}').`,
        },
      );
    },
  });
}
