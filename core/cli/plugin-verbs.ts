// Commands that the plugins in use offer: each action and stream, its schema as flags.
import { resolve } from 'node:path';
import type { ActionView, Door } from '../api/door.ts';
import { eachAnnotated } from '../schema/annotations.ts';
import type { Flag as InputFlag } from '../schema/flags.ts';
import { flagsOf, fromFlags } from '../schema/flags.ts';
import type { Json } from '../schema/schema.ts';
import type { Call } from './shell.ts';
import type { Flag, Verb } from './verbs.ts';

type Texts = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
export type ActionCall = Call<Texts>;

const flagsOfAction = ({ input, positionals }: ActionView): InputFlag[] => flagsOf(input as Json, positionals);

function optionOf({ flag, type, repeatable, required, description, choices, default: standard }: InputFlag): Flag {
  const notes = [
    description,
    choices === undefined ? '' : `one of: ${choices.join(', ')}`,
    required ? 'needed' : '',
    standard === undefined ? '' : `default ${typeof standard === 'string' ? standard : JSON.stringify(standard)}`,
    repeatable ? 'may be repeated' : '',
  ];
  const value = type === 'boolean' && !repeatable ? '' : ` <${type === 'text' ? 'value' : type}>`;
  return { flags: `${flag}${value}`, about: notes.filter((note) => note !== '').join('; '), isList: repeatable };
}

/** As commander names what it found: `--dry-run` is `dryRun`. */
const attributeOf = (flag: string): string =>
  flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** The input of an action from the words of a call, as typed; whether it fits is for the action's own check to say. */
export function inputOf(action: ActionView, { args, flags, cwd }: Pick<ActionCall, 'args' | 'flags' | 'cwd'>): object {
  const texts = flagsOfAction(action).map(({ key, flag, positional, repeatable }) => {
    if (positional === undefined) return [key, flags[attributeOf(flag)]] as const;
    const rest = args.slice(positional);
    return [key, repeatable && rest.length > 0 ? rest : rest[0]] as const;
  });
  return whereTyped(fromFlags({ json: action.input as Json }, Object.fromEntries(texts)), action.input as Json, cwd);
}

/** A path is meant from where a person stands, wherever the config lies; what may be something else is one when it fits no other. */
function whereTyped(input: object, json: Json, cwd: string): object {
  const placed: Record<string, unknown> = { ...input };
  eachAnnotated(json, input, (annotation, text, [key = '', ...inner]) => {
    if (annotation === 'path' && inner.length === 0) placed[key] = resolve(cwd, text);
  });
  return placed;
}

const argumentOf = ({ key, repeatable, required }: InputFlag): string => {
  const name = repeatable ? `${key}...` : key;
  return required ? `<${name}>` : `[${name}]`;
};

/** The flag that every reading verb of a plugin has, unless its input has one of that name. */
export const WATCH = 'watch';
const watchFlag: Flag = { flags: `--${WATCH}`, about: 'show it again every 2 s, until Ctrl-C' };

/** The flag of every long verb that changes something. */
export const DETACH = 'detach';
const detachFlag: Flag = { flags: `--${DETACH}`, about: 'begin it and leave; a daemon carries it out' };

export function verbOf(action: ActionView): Verb {
  const flags = flagsOfAction(action);
  const isWatched = action.effect === 'read' && flags.every(({ key }) => key !== WATCH);
  const isLeft = action.long && action.effect !== 'read' && flags.every(({ key }) => key !== DETACH);
  const positional = flags.filter((flag) => flag.positional !== undefined);
  return {
    name: action.verb,
    group: `From ${action.plugin}`,
    summary: action.summary.replace(/\.$/, ''),
    args: positional.toSorted((one, other) => one.positional! - other.positional!).map(argumentOf),
    flags: [
      ...flags.filter((flag) => flag.positional === undefined).map(optionOf),
      ...(isWatched ? [watchFlag] : []),
      ...(isLeft ? [detachFlag] : []),
    ],
    load: async () => {
      const { invoke } = await import('./commands/invoke.ts');
      return { run: (call: ActionCall) => invoke(action, call) };
    },
  };
}

/** `needsNone`: only those that work where there is no realm. */
export async function pluginVerbs(open: () => Promise<Door>, needsNone = false): Promise<readonly Verb[]> {
  const actions = await (await open()).actions();
  return actions.filter(({ anywhere = false }) => anywhere || !needsNone).map(verbOf);
}
