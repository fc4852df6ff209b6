// What an action or stream must look like before any door offers it: its name, verb, input and positionals.
import type { Action, CommandLine, Stream } from '../contract/action.ts';
import { RealmError } from '../errors.ts';
import { describesObject } from './kind-rules.ts';
import { quoted } from './sections.ts';

/** First words of the command line's own verbs; no verb of a plugin may begin with one. */
export const OWN_VERBS: ReadonlySet<string> = new Set(
  (
    'apply approvals approve cancel completion config deny doctor down drift events explain help hold init logs migrate ' +
    'pause plan plugin reload resume run-action runs schema service start state status stop up validate version watch why'
  ).split(' '),
);

/** Keys of an input whose flags every command has for itself already. */
export const OWN_FLAGS: ReadonlySet<string> = new Set(
  'color config help json noColor noWait profile state version wait yes'.split(' '),
);

/** The words a person types: the written verb, or the name with dots as spaces. */
export const verbOf = (of: { readonly name: string; readonly cli?: CommandLine | undefined }): string =>
  of.cli?.verb ?? of.name.replaceAll('.', ' ');

const WORD = '[a-z][a-z0-9-]*';
const REST = new RegExp(`^${WORD}(\\.${WORD})*$`);
const VERB = new RegExp(`^${WORD}( ${WORD})*$`);

/** Throws ACTION_INVALID. */
export function checkAction(plugin: string, action: Action): void {
  checkCommand(plugin, 'action', action);
  const fail = failure(plugin, 'action', action.name);
  if (!['read', 'write', 'destroy'].includes(action.effect))
    fail(`has the effect ${quoted(action.effect)}`, 'It is read, write or destroy.');
  if (typeof action.run !== 'function') fail('has no "run"', 'Add run: async (input, ctx) => …');
}

/** Throws ACTION_INVALID. */
export function checkStream(plugin: string, stream: Stream): void {
  checkCommand(plugin, 'stream', stream);
  if (typeof stream.open !== 'function')
    failure(plugin, 'stream', stream.name)('has no "open"', 'Add async *open(input, ctx) { … }.');
}

function checkCommand(plugin: string, what: string, of: Action | Stream): void {
  const fail = failure(plugin, what, of.name);
  const name: unknown = of.name; // plain JavaScript may give anything
  const [owner, ...rest] = typeof name === 'string' ? name.split('.') : [];
  if (owner !== plugin || !REST.test(rest.join('.')))
    fail('has a name of another form', `It is ${plugin}.<verb>, in lower case.`);
  const verb = verbOf(of);
  if (!VERB.test(verb)) fail(`has the verb ${quoted(verb)}`, 'It is words of lower case letters, digits and "-".');
  const first = verb.split(' ')[0]!;
  if (OWN_VERBS.has(first)) {
    const other = OWN_VERBS.has(plugin)
      ? 'Begin cli: { verb } with another word.'
      : `Write cli: { verb: '${plugin} ${verb}' }.`;
    fail(`takes the verb "${verb}", and "${first}" is a word of Realm itself`, other);
  }
  if (!describesObject(of.input))
    fail('has an input that does not describe an object', 'Write input: s.object({ … }).');
  checkInput(of, fail);
}

function checkInput(of: Action | Stream, fail: (problem: string, hint: string) => void): void {
  const properties = (of.input.json as { properties?: Record<string, { type?: unknown }> }).properties ?? {};
  const positionals = of.cli?.positionals ?? [];
  const taken = Object.keys(properties).find((key) => OWN_FLAGS.has(key) && !positionals.includes(key));
  if (taken !== undefined) fail(`has the input "${taken}", and --${taken} is a flag of Realm itself`, 'Rename it.');
  for (const [index, key] of positionals.entries()) {
    const shape = properties[key];
    if (shape === undefined)
      fail(`takes "${key}" by position, which is no key of its input`, 'Name keys of the input.');
    else if (shape.type === 'array' && index < positionals.length - 1)
      fail(`takes the list "${key}" before other positionals`, 'Only the last may be a list.');
  }
}

function failure(plugin: string, what: string, name: unknown): (problem: string, hint: string) => void {
  return (problem, hint) => {
    throw new RealmError('ACTION_INVALID', `The ${what} ${quoted(name)} of plugin "${plugin}" ${problem}.`, { hint });
  };
}
