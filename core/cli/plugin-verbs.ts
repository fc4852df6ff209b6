// Commands that the plugins in use offer: each action and stream, its schema as flags.
import type { ActionView, Door } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import type { Call } from './shell.ts';
import type { Flag, Verb } from './verbs.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Property;
  readonly description?: string;
  readonly default?: unknown;
}
interface InputSchema {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const camel = (flag: string): string => flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

function flagOf(key: string, property: Property, isRequired: boolean): Flag {
  const isList = property.type === 'array';
  const choices = (isList ? property.items : property)?.enum;
  const notes = [
    property.description,
    choices === undefined ? undefined : `one of: ${choices.join(', ')}`,
    isRequired ? 'needed' : undefined,
    property.default === undefined ? undefined : `default ${String(property.default)}`,
    isList ? 'may be repeated' : undefined,
  ];
  const value = property.type === 'boolean' ? '' : ` <${property.type === 'integer' ? 'number' : 'value'}>`;
  return { flags: `--${kebab(key)}${value}`, about: notes.filter(Boolean).join('; '), isList };
}

/** A typed value from its text. What does not fit stays text, and the check of the schema says so. */
function valueOf(given: unknown, property: Property | undefined): unknown {
  if (Array.isArray(given)) return given.map((item) => valueOf(item, property?.items));
  if (typeof given !== 'string' || property === undefined) return given;
  const isNumber = property.type === 'integer' || property.type === 'number' || typeof property.enum?.[0] === 'number';
  if (isNumber && given.trim() !== '' && Number.isFinite(Number(given))) return Number(given);
  if (property.type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true';
  if (property.type !== 'object') return given;
  try {
    return JSON.parse(given);
  } catch (cause) {
    throw new RealmError('USAGE', `\`${given}\` is not JSON, and an object is wanted.`, {
      hint: `Write it as in '{"key": "value"}'.`,
      cause,
    });
  }
}

/** The input of an action from the words of a call. */
export function inputOf(
  action: ActionView,
  { args, flags }: Pick<Call<Record<string, unknown>>, 'args' | 'flags'>,
): object {
  const properties = (action.input as InputSchema).properties ?? {};
  const input = new Map<string, unknown>();
  for (const [index, key] of action.positionals.entries()) {
    const isList = properties[key]?.type === 'array';
    const given = isList ? args.slice(index) : args[index];
    if (given !== undefined && given.length > 0) input.set(key, valueOf(given, properties[key]));
  }
  for (const [key, property] of Object.entries(properties)) {
    const given = flags[camel(kebab(key))];
    if (given !== undefined && !action.positionals.includes(key)) input.set(key, valueOf(given, property));
  }
  return Object.fromEntries(input);
}

function argumentOf(key: string, { properties = {}, required = [] }: InputSchema): string {
  const name = properties[key]?.type === 'array' ? `${key}...` : key;
  return required.includes(key) ? `<${name}>` : `[${name}]`;
}

export function verbOf(action: ActionView): Verb {
  const schema = action.input as InputSchema;
  const flags = Object.entries(schema.properties ?? {})
    .filter(([key]) => !action.positionals.includes(key))
    .map(([key, property]) => flagOf(key, property, schema.required?.includes(key) ?? false));
  return {
    name: action.verb,
    group: `From ${action.plugin}`,
    summary: action.summary.replace(/\.$/, ''),
    args: action.positionals.map((key) => argumentOf(key, schema)),
    flags,
    load: async () => {
      const { invoke } = await import('./commands/invoke.ts');
      return { run: (call: Call<Record<string, unknown>>) => invoke(action, call) };
    },
  };
}

export const pluginVerbs = async (open: () => Promise<Door>): Promise<readonly Verb[]> =>
  (await (await open()).actions()).map(verbOf);
