// What a kind must look like before the kernel relies on it; each broken rule is one sentence for the plugin's author.
import type { Kind } from '../contract/kind.ts';
import { RealmError } from '../errors.ts';
import { COMMON_KEYS, isName, quoted, sectionProblem } from './sections.ts';

const FUNCTIONS = [
  'mindsSecrets',
  'keeps',
  'hostCan',
  'derive',
  'check',
  'watch',
  'observe',
  'diff',
  'conditions',
  'next',
  'apply',
  'remove',
] as const;
/** Without a state these would never be called. */
const NEED_OBSERVE = ['mindsSecrets', 'diff', 'conditions', 'next', 'apply', 'remove'] as const;

/** Throws KIND_INVALID or SECTION_RESERVED for the first rule that the kind breaks. */
export function checkKind(plugin: string, kind: Kind): void {
  const section = sectionProblem(plugin, kind.section);
  if (section !== undefined) throw section;
  const [problem, hint] = brokenRule(kind) ?? [];
  if (problem !== undefined)
    throw new RealmError('KIND_INVALID', `The kind ${quoted(kind.name)} of plugin "${plugin}" ${problem}.`, { hint });
}

type Rule = readonly [problem: string, hint: string];

function brokenRule(kind: Kind): Rule | undefined {
  if (!isName(kind.name))
    return [
      'has a name that no ref could carry',
      'A kind is lower case letters, digits and "-", starting with a letter.',
    ];
  return membersRule(kind) ?? shapeRule(kind) ?? identityRule(kind) ?? removalRule(kind) ?? toolsRule(kind);
}

function membersRule(kind: Kind): Rule | undefined {
  const wrong = FUNCTIONS.find((member) => kind[member] !== undefined && typeof kind[member] !== 'function');
  if (wrong !== undefined)
    return [`has a "${wrong}" that is not a function`, `Write ${wrong}: (…) => …, or leave it out.`];
  if (kind.observe === undefined) {
    const needy = NEED_OBSERVE.find((member) => kind[member] !== undefined);
    if (needy !== undefined)
      return [`has "${needy}" but no "observe"`, 'Without a look there is nothing to compare: add observe and state.'];
    if (kind.state !== undefined) return ['has a "state" but no "observe"', 'Add observe, or leave state out.'];
  } else if (kind.state === undefined) {
    return ['has "observe" but no "state"', 'Add the schema of what observe answers as `state`.'];
  }
  return undefined;
}

function shapeRule(kind: Kind): Rule | undefined {
  if (!describesObject(kind.spec))
    return ['has a "spec" that does not describe an object', 'Write spec: s.object({ … }).'];
  if (kind.state !== undefined && !describesObject(kind.state))
    return ['has a "state" that does not describe an object', 'Write state: s.object({ … }).'];
  const common = COMMON_KEYS.find((key) => keysOf(kind.spec).includes(key));
  if (common !== undefined)
    return [`has the key "${common}" in its spec, which every resource has already`, 'Give the key another name.'];
  return undefined;
}

function identityRule(kind: Kind): Rule | undefined {
  const keys = keysOf(kind.spec);
  const stray = (kind.identity ?? []).find((key) => !keys.includes(key));
  if (stray !== undefined)
    return [
      `names ${quoted(stray)} as identity, which is no key of its spec`,
      `The spec has: ${keys.join(', ') || 'no keys'}.`,
    ];
  return undefined;
}

function removalRule(kind: Kind): Rule | undefined {
  const { removal, replace, resyncMs, overrides } = kind;
  const word = overrides?.find((effect) => effect !== 'stop' && effect !== 'pause');
  if (word !== undefined) return [`asks for the override ${quoted(word)}`, 'A kind may ask for stop and pause.'];
  if (removal !== undefined && !['delete', 'confirm', 'forget'].includes(removal))
    return [`has the removal ${quoted(removal)}`, 'It is one of delete, confirm, forget.'];
  if (removal === 'delete' && kind.remove === undefined)
    return ['has removal: \'delete\' but no "remove"', "Add remove, or write removal: 'forget'."];
  if (replace !== undefined && !['create-first', 'remove-first'].includes(replace))
    return [`has the replace ${quoted(replace)}`, 'It is create-first or remove-first.'];
  if (resyncMs !== undefined && !(Number.isFinite(resyncMs) && resyncMs >= 0))
    return [`has the resyncMs ${quoted(resyncMs)}`, 'It is milliseconds, and 0 means only when woken.'];
  return undefined;
}

const TOOL = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

function toolsRule({ observes, observe }: Kind): Rule | undefined {
  if (observes === undefined) return undefined;
  const isList = Array.isArray(observes);
  const stray = isList ? observes.find((tool) => typeof tool !== 'string' || !TOOL.test(tool)) : observes;
  if (!isList || stray !== undefined)
    return [`observes ${quoted(stray)}`, "It is a list of names of programs, as in observes: ['git']."];
  if (observe === undefined) return ['has "observes" but no "observe"', 'Add observe, or leave observes out.'];
  return undefined;
}

interface ShapeJson {
  readonly type?: unknown;
  readonly properties?: object;
  readonly anyOf?: readonly ShapeJson[];
}
const jsonOf = (schema: { readonly json: object } | undefined): ShapeJson => schema?.json ?? {};

/** An object, or a choice of objects. */
export function describesObject(schema: { readonly json: object } | undefined): boolean {
  const is = (json: ShapeJson): boolean =>
    json.type === 'object' || (json.anyOf?.length ? json.anyOf.every(is) : false);
  return is(jsonOf(schema));
}

/** Every key that the object, or any branch of a choice, names. */
export function keysOf(schema: { readonly json: object }): readonly string[] {
  const of = (json: ShapeJson): string[] => [...Object.keys(json.properties ?? {}), ...(json.anyOf ?? []).flatMap(of)];
  return [...new Set(of(jsonOf(schema)))];
}
