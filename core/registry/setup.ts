// Runs each plugin's setup, which only declares, and collects what it declared into one frozen registry.
import type { Action, Stream } from '../contract/action.ts';
import type { Kind } from '../contract/kind.ts';
import type { Plugin, Setup } from '../contract/plugin.ts';
import { messageOf, RealmError } from '../errors.ts';
import { HOOKS } from '../contract/hooks.ts';
import type { Tap } from '../hooks.ts';
import { checkAction, checkStream, verbOf } from './action-rules.ts';
import { checkKind } from './kind-rules.ts';
import { throwAll } from './problems.ts';
import { freezeRegistry } from './registry.ts';
import type { Background, Collected, Follower, Listener, Registry } from './registry.ts';
import type { LoadedPlugin } from './resolve.ts';
import { describe, quoted } from './sections.ts';

/**
 * Sets up one plugin set. `plugins` come in the order of `orderPlugins`; `settingsOf` gives the decoded settings of a
 * plugin that has a settings section. Throws one error for all plugins that are wrong, each as a diagnostic.
 */
export function setUp(plugins: readonly LoadedPlugin[], settingsOf: (plugin: Plugin<unknown>) => unknown): Registry {
  const collected: Collected = {
    plugins: [...plugins],
    kinds: new Map(),
    settings: describe(plugins),
    actions: new Map(),
    streams: new Map(),
    taps: [],
    listeners: [],
    followers: [],
    backgrounds: [],
    apis: new Map(),
  };
  const problems: RealmError[] = [];
  for (const { plugin, at } of plugins) {
    try {
      runSetup(plugin, collected, plugin.settings === undefined ? undefined : settingsOf(plugin));
    } catch (error) {
      problems.push(problemOf(plugin.name, error, at));
    }
  }
  if (plugins[0] !== undefined) throwAll(problems, plugins[0].at);
  return freezeRegistry(collected);
}

function problemOf(plugin: string, error: unknown, at: LoadedPlugin['at']): RealmError {
  if (error instanceof RealmError)
    return new RealmError(error.code, error.message, { at, hint: error.hint, cause: error.cause });
  return new RealmError('PLUGIN_SETUP_FAILED', `The setup of plugin "${plugin}" threw: ${messageOf(error)}`, {
    at,
    cause: error,
  });
}

function runSetup(plugin: Plugin<unknown>, collected: Collected, settings: unknown): void {
  let open = true;
  const answer: unknown = plugin.setup(
    setupFor(plugin.name, collected, () => open),
    settings,
  );
  open = false;
  if (typeof answer !== 'object' || answer === null || !('then' in answer)) return;
  void Promise.resolve(answer).catch(() => {}); // its end no longer matters: the plugin is refused below
  throw new RealmError('PLUGIN_SETUP_FAILED', `The setup of plugin "${plugin.name}" returned a promise.`, {
    hint: 'Setup only declares and must be synchronous; what takes time belongs into observe, apply or a background.',
  });
}

function setupFor(plugin: string, into: Collected, isOpen: () => boolean): Setup {
  const declaring = (): void => {
    if (!isOpen())
      throw new RealmError(
        'PLUGIN_SETUP_FAILED',
        `The plugin "${plugin}" declared something after its setup had ended.`,
        {
          hint: 'Declare in setup, synchronously.',
        },
      );
  };
  // The types of Setup guard authors; here, behind them, kinds and actions of all types are kept in one list.
  const setup = {
    kind: (kind: Kind): void => (declaring(), addKind(plugin, kind, into)),
    action: (action: Action): void => (declaring(), addAction(plugin, action, into)),
    stream: (stream: Stream): void => (declaring(), addStream(plugin, stream, into)),
    tap: (hook: Tap['hook'], answer: Tap['answer'], options: Tap['options'] = {}): void => {
      declaring();
      checkTap(plugin, hook, answer, options);
      into.taps.push(Object.freeze({ plugin, hook, answer, options }));
    },
    on: (event: string, hear: Listener['hear']): void => {
      declaring();
      mustBeFunction(plugin, `on('${event}')`, hear);
      into.listeners.push(Object.freeze({ plugin, event, hear }));
    },
    follow: (cursor: string, events: readonly string[], hear: Follower['hear']): void => {
      declaring();
      mustBeFunction(plugin, `follow('${cursor}')`, hear);
      refuseSecond(
        plugin,
        'cursor',
        cursor,
        into.followers.some((one) => one.plugin === plugin && one.cursor === cursor),
      );
      into.followers.push(Object.freeze({ plugin, cursor, events: [...events], hear }));
    },
    background: (name: string, loop: Background['loop'], options: { readonly alsoOnce?: boolean } = {}): void => {
      declaring();
      mustBeFunction(plugin, `background('${name}')`, loop);
      refuseSecond(
        plugin,
        'background',
        name,
        into.backgrounds.some((one) => one.plugin === plugin && one.name === name),
      );
      into.backgrounds.push(Object.freeze({ plugin, name, loop, alsoOnce: options.alsoOnce === true }));
    },
    provide: (name: string, api: unknown): void => (declaring(), addApi(plugin, name, api, into)),
  };
  return Object.freeze(setup) as unknown as Setup;
}

function addKind(plugin: string, kind: Kind, { kinds, settings }: Collected): void {
  checkKind(plugin, kind);
  const other = [...kinds.values()].find((entry) => entry.kind.name === kind.name);
  const owner = kinds.get(kind.section)?.plugin ?? settings.get(kind.section)?.plugin;
  if (other !== undefined)
    throw new RealmError(
      'KIND_DUPLICATE',
      `The kind "${kind.name}" is declared by "${other.plugin}" and "${plugin}".`,
      {
        hint: 'Rename one of the two, or use one plugin only.',
      },
    );
  if (owner !== undefined)
    throw new RealmError('KIND_DUPLICATE', `The section "${kind.section}" is claimed by "${owner}" and "${plugin}".`, {
      hint: 'A section belongs to one kind, or to the settings of one plugin.',
    });
  kinds.set(kind.section, Object.freeze({ plugin, kind: Object.freeze(kind) }));
}

function addAction(plugin: string, action: Action, into: Collected): void {
  checkAction(plugin, action);
  const verb = freeVerb(plugin, action, into);
  into.actions.set(action.name, Object.freeze({ plugin, action: Object.freeze(action), verb }));
}

function addStream(plugin: string, stream: Stream, into: Collected): void {
  checkStream(plugin, stream);
  const verb = freeVerb(plugin, stream, into);
  into.streams.set(stream.name, Object.freeze({ plugin, stream: Object.freeze(stream), verb }));
}

function freeVerb(plugin: string, of: Action | Stream, { actions, streams }: Collected): string {
  const verb = verbOf(of);
  if (actions.has(of.name) || streams.has(of.name))
    throw new RealmError('ACTION_DUPLICATE', `The plugin "${plugin}" declares "${of.name}" twice.`);
  const owner = [...actions.values(), ...streams.values()].find((entry) => entry.verb === verb)?.plugin;
  if (owner !== undefined)
    throw new RealmError('ACTION_DUPLICATE', `The verb "${verb}" is taken by "${owner}" and "${plugin}".`, {
      hint: `Give "${of.name}" another one: cli: { verb: '…' }.`,
    });
  return verb;
}

function addApi(plugin: string, name: string, api: unknown, { apis }: Collected): void {
  const owner = apis.get(name)?.plugin;
  if (owner !== undefined)
    throw new RealmError('API_DUPLICATE', `The API "${name}" is lent by "${owner}" and "${plugin}".`);
  apis.set(name, Object.freeze({ plugin, api }));
}

function checkTap(
  plugin: string,
  hook: Tap['hook'],
  answer: unknown,
  { stage, timeoutMs, onFailure }: Tap['options'],
): void {
  if (!Object.hasOwn(HOOKS, hook)) fail(plugin, `taps ${quoted(hook)}`, `Hooks are: ${Object.keys(HOOKS).join(', ')}.`);
  mustBeFunction(plugin, `tap('${hook}')`, answer);
  if (stage !== undefined && !Number.isFinite(stage)) fail(plugin, `taps ${hook} at stage ${stage}`, 'It is a number.');
  if (timeoutMs !== undefined && !(timeoutMs > 0))
    fail(plugin, `taps ${hook} with timeoutMs ${timeoutMs}`, 'It is milliseconds, above 0.');
  if (onFailure !== undefined && onFailure !== 'ignore' && onFailure !== 'hold')
    fail(plugin, `taps ${hook} with onFailure ${quoted(onFailure)}`, 'It is ignore or hold.');
}

function mustBeFunction(plugin: string, where: string, value: unknown): void {
  if (typeof value !== 'function') fail(plugin, `gives ${where} no function`, 'Pass a function.');
}

function refuseSecond(plugin: string, what: string, name: string, taken: boolean): void {
  if (taken) fail(plugin, `declares the ${what} "${name}" twice`, 'Give the second one a name of its own.');
}

function fail(plugin: string, problem: string, hint: string): never {
  throw new RealmError('PLUGIN_SETUP_FAILED', `The plugin "${plugin}" ${problem}.`, { hint });
}
