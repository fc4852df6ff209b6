// A plugin: a name, what it needs, and one synchronous function that declares.
import type { SchemaOf } from '../schema/schema.ts';
import type { Action, Stream } from './action.ts';
import type { ApiName, RealmApis } from './apis.ts';
import type { Context } from './context.ts';
import type { EventName, RealmEvent, RealmEvents } from './events.ts';
import type { HookName, RealmHooks, TapOptions } from './hooks.ts';
import type { Kind } from './kind.ts';

/** During setup: declare only. Nothing here can touch the world. */
export interface Setup {
  kind<Spec, State = never>(kind: Kind<Spec, State>): void;
  action<In, Out>(action: Action<In, Out>): void;
  stream<In, Item>(stream: Stream<In, Item>): void;
  /** Answers one of the kernel's questions. */
  tap<K extends HookName>(hook: K, answer: RealmHooks[K], options?: TapOptions): void;
  /** Hears facts live; may miss some across a restart. */
  on<K extends EventName>(
    event: K,
    hear: (data: RealmEvents[K], ctx: Context, event: RealmEvent<K>) => void | Promise<void>,
  ): void;
  /** Hears facts from a stored position: none is missed between two daemon lives; at least once each. */
  follow<K extends EventName>(
    cursor: string,
    events: readonly K[],
    hear: (event: RealmEvent<K>, ctx: Context) => Promise<void>,
  ): void;
  /**
   * The plugin's own loop: it can only look and wake. Runs in the daemon alone, until the signal aborts. When it throws it is
   * begun again after a pause, with another context; what used the old one ends. `alsoOnce`: a one-shot command has it too
   * while it applies, for what others wait for there.
   */
  background(name: string, loop: (ctx: Context) => Promise<void>, options?: { readonly alsoOnce?: boolean }): void;
  /** Lends an object to other plugins, for queries. */
  provide<K extends ApiName>(name: K, api: RealmApis[K]): void;
}

export interface Plugin<Settings = undefined> {
  /** Lower case; the name under `plugins:`, and in every message about it. */
  readonly name: string;
  /** One sentence; `realm plugin list` prints it. */
  readonly summary: string;
  /** Plugins that must be there, set up before this one. */
  readonly needs?: readonly string[];
  /** Plugins set up before this one when they are there. */
  readonly wants?: readonly string[];
  /** The one settings section of this plugin and its shape. */
  readonly settings?: { readonly section: string; readonly schema: SchemaOf<Settings> };
  /** Synchronous, and only declares. */
  setup(realm: Setup, settings: Settings): void;
}

export const definePlugin = <Settings = undefined>(plugin: Plugin<Settings>): Plugin<Settings> => plugin;
