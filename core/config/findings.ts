// Turns what ajv found into sentences for people: one for each cause, with the value and a hint.
import type { ErrorCode } from '../errors.ts';
import { formatPath } from '../model/path.ts';
import type { AjvError } from '../schema/check.ts';
import { SECRET_MISPLACED } from '../schema/decode.ts';
import { nearest } from '../schema/nearest.ts';
import type { Json } from '../schema/schema.ts';
import { secretNameOf } from '../schema/secret-text.ts';
import { typeHint, valueHint } from './hints.ts';
import { expected, shown, typeOf } from './words.ts';

export interface Finding {
  readonly code: ErrorCode;
  /** Inside the checked value. */
  readonly path: readonly string[];
  /** The key is at fault, not its value. */
  readonly onKey: boolean;
  readonly message: string;
  readonly hint?: string;
  /** For an unknown key: the one that was probably meant. */
  readonly meant?: string | undefined;
  /** For a missing key: which. */
  readonly lacks?: string;
}

export interface Checked {
  readonly json: Json;
  readonly value: unknown;
  /** Keys that are also allowed at the outermost level, for "did you mean". */
  readonly alsoKnown?: readonly string[];
  /** How the checked value itself is called. */
  readonly name?: string;
  /** How a value is spelt in the file. */
  readonly written?: (path: readonly string[]) => string | undefined;
}

/** Unions are told by the branch that fits best. */
export function findings(checked: Checked, errors: readonly AjvError[]): Finding[] {
  const found: Finding[] = [];
  const inUnion = new Set<AjvError>();
  for (const union of outermostUnions(errors)) {
    const inner = errors.filter((error) => isInside(error, union));
    for (const error of [union, ...inner]) inUnion.add(error);
    found.push(...unionFindings(checked, union, inner));
  }
  const isOfName = (error: AjvError): boolean =>
    errors.some((other) => other.keyword === 'propertyNames' && isInside(error, other));
  for (const error of errors) if (!inUnion.has(error) && !isOfName(error)) found.push(single(checked, error));
  return found.filter((finding) => !found.some((other) => explains(other, finding)));
}

/** A misspelt key explains why another is missing, a wrong type why a limit is not kept. */
function explains(cause: Finding, { code, path, lacks }: Finding): boolean {
  if (code === 'CONFIG_KEY_MISSING') {
    return cause.meant === lacks && lacks !== undefined && isSamePath(cause.path.slice(0, -1), path);
  }
  return cause.code === 'CONFIG_TYPE' && code === 'CONFIG_VALUE' && isSamePath(cause.path, path);
}

const isSamePath = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, index) => key === b[index]);

const outermostUnions = (errors: readonly AjvError[]): AjvError[] => {
  const unions = errors.filter((error) => error.keyword === 'anyOf');
  return unions.filter((error) => !unions.some((other) => other !== error && isInside(error, other)));
};

const isInside = (error: AjvError, union: AjvError): boolean =>
  error.schemaPath.startsWith(`${union.schemaPath}/`) &&
  (error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`));

function unionFindings(checked: Checked, union: AjvError, inner: readonly AjvError[]): Finding[] {
  const byBranch = new Map<string, AjvError[]>();
  for (const error of inner) {
    const branch = error.schemaPath.slice(union.schemaPath.length + 1).split('/')[0]!;
    byBranch.set(branch, [...(byBranch.get(branch) ?? []), error]);
  }
  const hasType = [...byBranch.values()].filter(
    (errors) => !errors.some((error) => isAt(error, union) && error.keyword === 'type'),
  );
  const deep = hasType.filter((errors) => errors.some((error) => !isAt(error, union) || error.keyword !== 'enum'));
  const structured = deep.map((errors) => findings(checked, errors)).sort((a, b) => a.length - b.length);
  const value = at(checked.value, keysOf(union.instancePath));
  if (typeof value === 'object' && value !== null && structured[0] !== undefined) return structured[0];
  return [wrongValue(checked, union, schemaOf(checked.json, union.schemaPath))];
}

const isAt = (error: AjvError, other: AjvError): boolean => error.instancePath === other.instancePath;

function single(checked: Checked, error: AjvError): Finding {
  const path = keysOf(error.instancePath);
  const schema = schemaOf(checked.json, error.schemaPath);
  if (error.keyword === 'additionalProperties') return unknownKey(checked, error, path, schema);
  if (error.keyword === 'propertyNames') return wrongName(error, path, schema);
  if (error.keyword === 'required') return missingKey(error, path, schema);
  if (error.keyword === 'type' || error.keyword === 'enum' || error.keyword === 'pattern') {
    return wrongValue(checked, error, schema);
  }
  return limit(checked, error, path);
}

function unknownKey(checked: Checked, error: AjvError, path: readonly string[], schema: Json): Finding {
  const key = String(error.params['additionalProperty']);
  const known = Object.keys((schema['properties'] as object | undefined) ?? {});
  const similar = nearest(key, path.length === 0 ? [...known, ...(checked.alsoKnown ?? [])] : known);
  const list = known.length === 0 ? 'it takes no keys' : `it takes ${known.join(', ')}`;
  const where = path.length === 0 ? '' : ` of \`${formatPath(path)}\``;
  return {
    code: 'CONFIG_KEY_UNKNOWN',
    path: [...path, key],
    onKey: true,
    message: `\`${key}\` is no key${where}`,
    meant: similar,
    hint: similar === undefined ? list : `did you mean \`${similar}\`?`,
  };
}

function missingKey(error: AjvError, path: readonly string[], schema: Json): Finding {
  const key = String(error.params['missingProperty']);
  const property = (schema['properties'] as Record<string, Json> | undefined)?.[key] ?? {};
  const example = (property['examples'] as readonly unknown[] | undefined)?.[0];
  const where = path.length === 0 ? '' : ` in \`${formatPath(path)}\``;
  const hint = `add \`${key}:\` with ${expected(property)}`;
  return {
    code: 'CONFIG_KEY_MISSING',
    path,
    onKey: true,
    message: `\`${key}\` is missing${where}`,
    lacks: key,
    hint: example === undefined ? hint : `${hint}, for example ${JSON.stringify(example)}`,
  };
}

function wrongName(error: AjvError, path: readonly string[], schema: Json): Finding {
  const name = String(error.params['propertyName']);
  const where = path.length === 0 ? '' : ` of \`${formatPath(path)}\``;
  return {
    code: 'CONFIG_VALUE',
    path: [...path, name],
    onKey: true,
    message: `each key${where} must be ${wanted((schema['propertyNames'] as Json | undefined) ?? {})}, and one is ${shown(name)}`,
  };
}

function wrongValue(checked: Checked, error: AjvError, schema: Json): Finding {
  const path = keysOf(error.instancePath);
  const value = at(checked.value, path);
  if (typeof value === 'string' && secretNameOf(value) !== undefined) return secretPlace(path);
  const isType = error.keyword === 'type' || (error.keyword === 'anyOf' && !takes(schema, value));
  const hint = isType ? typeHint(schema, value, checked.written?.(path)) : valueHint(schema, value);
  return {
    code: isType ? 'CONFIG_TYPE' : 'CONFIG_VALUE',
    path,
    onKey: false,
    message: `${label(path, checked.name)} must be ${wanted(schema)}, and is ${shown(value)}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

const wanted = (schema: Json): string => {
  const plain = schema['x-realm'] === undefined && schema['enum'] === undefined && schema['pattern'] !== undefined;
  return plain ? `text that matches ${String(schema['pattern'])}` : expected(schema);
};

/** Some branch has the value's type. */
const takes = (schema: Json, value: unknown): boolean =>
  ((schema['anyOf'] as readonly Json[] | undefined) ?? [schema]).some((branch) => {
    if (branch['anyOf'] !== undefined) return takes(branch, value);
    if (branch['enum'] !== undefined)
      return (branch['enum'] as readonly unknown[]).some((word) => typeof word === typeof value);
    const type = branch['type'] === 'integer' ? 'number' : branch['type'];
    return type === undefined || type === typeOf(value);
  });

function limit(checked: Checked, error: AjvError, path: readonly string[]): Finding {
  const value = at(checked.value, path);
  const most = String(error.params['limit']);
  const words: Readonly<Record<string, string>> = {
    minimum: `must be at least ${most}, and is ${shown(value)}`,
    maximum: `must be at most ${most}, and is ${shown(value)}`,
    minLength: value === '' ? 'must not be empty' : `must have at least ${most} characters`,
    maxLength: `must have at most ${most} characters`,
    minItems: most === '1' ? 'must not be empty' : `must have at least ${most} items`,
    maxItems: `must have at most ${most} items`,
  };
  const message = `${label(path, checked.name)} ${words[error.keyword] ?? `does not fit (${error.keyword})`}`;
  return { code: 'CONFIG_VALUE', path, onKey: false, message };
}

const secretPlace = (path: readonly string[]): Finding => ({
  code: 'CONFIG_SECRET_PLACE',
  path,
  onKey: false,
  message: `${label(path)} cannot hold a secret`,
  hint: 'use a key that takes one, such as `env` of a service',
});

/** For the little that only decoding finds. */
export const unseenByCheck = ({ path, why }: { readonly path: readonly string[]; readonly why: string }): Finding =>
  why === SECRET_MISPLACED
    ? secretPlace(path)
    : { code: 'CONFIG_VALUE', path, onKey: false, message: `${label(path)} ${why}` };

const label = (path: readonly string[], name = 'the value'): string =>
  path.length === 0 ? name : `\`${formatPath(path)}\``;

const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The schema that holds the keyword at which `schemaPath` ends. */
function schemaOf(json: Json, schemaPath: string): Json {
  const keys = schemaPath.split('/').slice(1, -1);
  const decoded = keys.map((key) => decodeURIComponent(key).replaceAll('~1', '/').replaceAll('~0', '~'));
  return (decoded.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], json) as Json | undefined) ?? {};
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
