// Carries out an action for whoever asks: input checked and decoded, reviewed when it writes, long ones as runs.
import type { ActionView } from '../api/door.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import { findings } from '../config/findings.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { ActionEntry, Registry, StreamEntry } from '../registry/registry.ts';
import { checker, readInputChecks } from '../schema/check.ts';
import { decode } from '../schema/decode.ts';
import type { SchemaOf } from '../schema/schema.ts';
import type { PluginSet } from './plugin-set.ts';

export function actionViews({ actions, streams }: Registry): ActionView[] {
  const ofAction = ({ plugin, action, verb }: ActionEntry): ActionView => ({
    name: action.name,
    plugin,
    summary: action.summary,
    effect: action.effect,
    long: action.long === true,
    verb,
    positionals: action.cli?.positionals ?? [],
    ...(action.anywhere === true && { anywhere: true }),
    input: action.input.json,
  });
  const ofStream = ({ plugin, stream, verb }: StreamEntry): ActionView => ({
    name: stream.name,
    plugin,
    summary: stream.summary,
    effect: 'stream',
    long: false,
    verb,
    positionals: stream.cli?.positionals ?? [],
    input: stream.input.json,
  });
  return [...[...actions.values()].map(ofAction), ...[...streams.values()].map(ofStream)];
}

export function findAction(name: string, registry: Registry): ActionEntry {
  const entry = registry.actions.get(name);
  if (entry !== undefined) return entry;
  throw new RealmError('ACTION_UNKNOWN', `no plugin in use offers the action ${name}`, {
    hint: '`realm --help` lists the verbs',
  });
}

/** As `checkedInput`, and quicker for the first input of a process. */
export async function readInput<T>(...given: Parameters<typeof checkedInput<T>>): Promise<T> {
  await readInputChecks();
  return checkedInput(...given);
}

/** Throws ACTION_INPUT_INVALID with every fault. `input` is in the written form: durations as text. */
export function checkedInput<T>(name: string, schema: SchemaOf<T>, input: unknown, root: string): T {
  const faults = checker(schema)(input);
  if (faults.length > 0) {
    const said = findings({ json: schema.json, value: input }, faults)
      .map(({ message }) => message)
      .join('; ');
    throw invalidInput(name, said);
  }
  const decoded = decode(schema, input, { root });
  if (!decoded.ok) throw invalidInput(name, `${decoded.path.join('.')} ${decoded.why}`);
  return decoded.value;
}

const invalidInput = (name: string, said: string): RealmError =>
  new RealmError('ACTION_INPUT_INVALID', `${name}: ${said}`, {
    hint: `\`realm ${name.replaceAll('.', ' ')} --help\` shows what it takes`,
  });

/** It is told to end when its plugin set stops, and when who asked has left. */
export async function runInline(
  { plugin, action }: ActionEntry,
  input: unknown,
  set: PluginSet,
  actor: string,
  left?: AbortSignal,
): Promise<unknown> {
  const signal = left === undefined ? set.over : AbortSignal.any([set.over, left]);
  try {
    return (await action.run(input, set.context(plugin, undefined, signal, { actor }))) ?? null;
  } catch (error) {
    if (error instanceof RealmError) throw error;
    throw new RealmError('ACTION_FAILED', `plugin ${plugin}: ${action.name} failed: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Throws APPROVAL_NEEDED, or APPLY_UNCONFIRMED's kin, when a review says wait. */
export async function reviewed(
  name: string,
  input: unknown,
  review: (step: Step) => Promise<Wait | undefined>,
): Promise<void> {
  const wait = await review({ ref: undefined, action: 'invoke', invoke: { name, input }, changes: [] });
  if (wait !== undefined)
    throw new RealmError('APPROVAL_NEEDED', `${name} is held: ${wait.why}`, {
      hint: '`realm approvals` lists what waits',
    });
}
