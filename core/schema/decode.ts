// Turns a written value into the one code works with: defaults, milliseconds, bytes, absolute paths, secrets. Pure; nothing else converts.
import { resolve } from 'node:path';
import type { Annotation, Json, SchemaOf } from './schema.ts';
import { Secret } from './schema.ts';
import { secretNameOf } from './secret-text.ts';
import { dayRange, durationMs, durationRange, sizeBytes } from './units.ts';

export interface DecodeOptions {
  /** Folder of the root config, to which all paths are relative. */
  readonly root: string;
  /** Fill defaults but keep every value as it is written; secrets are masked. */
  readonly asWritten?: boolean;
  /** Names a secret that is written out in the config; its text then never enters the value. */
  readonly nameInline?: (path: readonly string[]) => string;
  /** Told of each ref, schedule, timezone and so on that is part of the result. `path` must be copied to be kept. */
  readonly seen?: (annotation: Annotation, text: string, path: readonly string[]) => void;
}

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly path: readonly string[]; readonly why: string };

interface Misfit {
  readonly path: readonly string[];
  readonly why: string;
}
interface Walk {
  readonly options: DecodeOptions;
  readonly path: string[];
  misfit: Misfit | undefined;
}

const MISFIT = Symbol('misfit');
/** This and ranges that run backwards are the misfits that ajv cannot see. */
export const SECRET_MISPLACED = 'cannot hold a secret';

/** The decoded value, deeply frozen, or the first place that does not fit. Accepts exactly what ajv accepts for the same schema. */
export function decode<T>(schema: SchemaOf<T>, value: unknown, options: DecodeOptions): Decoded<T> {
  const walk: Walk = { options, path: [], misfit: undefined };
  const decoded = decodeAny(schema.json, value, walk);
  if (decoded === MISFIT) return { ok: false, ...(walk.misfit ?? { path: [], why: 'does not fit' }) };
  return { ok: true, value: decoded as T };
}

function decodeAny(json: Json, value: unknown, walk: Walk): unknown {
  if (json['anyOf'] !== undefined) return decodeUnion(json['anyOf'] as readonly Json[], value, walk);
  if (json['enum'] !== undefined) {
    return (json['enum'] as readonly unknown[]).includes(value) ? value : fail(walk, 'is none of the allowed words');
  }
  switch (json['type']) {
    case undefined:
      return freeze(value, walk);
    case 'string':
      return decodeText(json, value, walk);
    case 'boolean':
      return typeof value === 'boolean' ? value : fail(walk, 'is not true or false');
    case 'integer':
    case 'number':
      return decodeNumber(json, value, walk);
    case 'array':
      return decodeList(json, value, walk);
    case 'object':
      return json['properties'] === undefined ? decodeMap(json, value, walk) : decodeObject(json, value, walk);
    default:
      throw new TypeError(`schema type ${JSON.stringify(json['type'])} is none that s.* makes`);
  }
}

/** The first branch that fits; what misfitting branches saw is not told. When none does, the one that went deepest says why. */
function decodeUnion(branches: readonly Json[], value: unknown, walk: Walk): unknown {
  const depth = walk.path.length;
  let deepest: Misfit | undefined;
  for (const branch of branches) {
    const told: [Annotation, string, readonly string[]][] = [];
    const seen = (annotation: Annotation, text: string, path: readonly string[]): void =>
      void told.push([annotation, text, [...path]]);
    const trial: Walk = { options: { ...walk.options, seen }, path: walk.path, misfit: undefined };
    const decoded = decodeAny(branch, value, trial);
    walk.path.length = depth;
    if (decoded === MISFIT) {
      if ((trial.misfit?.path.length ?? 0) > (deepest?.path.length ?? depth)) deepest = trial.misfit;
      continue;
    }
    for (const fact of told) walk.options.seen?.(...fact);
    return decoded;
  }
  walk.misfit ??= deepest;
  return fail(walk, 'fits none of the allowed shapes');
}

function decodeText(json: Json, value: unknown, walk: Walk): unknown {
  if (typeof value !== 'string') return fail(walk, 'is not text');
  const length = lengthOf(value);
  if (length < ((json['minLength'] as number | undefined) ?? 0)) return fail(walk, 'is too short');
  if (length > ((json['maxLength'] as number | undefined) ?? Infinity)) return fail(walk, 'is too long');
  const pattern = json['pattern'] as string | undefined;
  if (pattern !== undefined && !compiled(pattern).test(value)) return fail(walk, 'does not match its pattern');
  const annotation = json['x-realm'] as Annotation | undefined;
  if (secretNameOf(value) !== undefined && annotation !== 'secret' && annotation !== 'text-or-secret') {
    return fail(walk, SECRET_MISPLACED);
  }
  if (annotation === undefined) return value;
  walk.options.seen?.(annotation, value, walk.path);
  return convert(annotation, value, walk);
}

/** Only called with text that has passed the pattern of its annotation. */
function convert(annotation: Annotation, text: string, walk: Walk): unknown {
  const { options } = walk;
  const secret = secretNameOf(text);
  if (annotation === 'secret' || (annotation === 'text-or-secret' && secret !== undefined)) {
    const name = secret ?? options.nameInline?.(walk.path) ?? walk.path.join('.');
    return options.asWritten ? `(secret ${name})` : Object.freeze(new Secret(name));
  }
  if (annotation === 'durations' || annotation === 'time-of-day') return convertRange(annotation, text, walk);
  if (options.asWritten) return text;
  if (annotation === 'duration') return durationMs(text);
  if (annotation === 'bytes') return sizeBytes(text);
  if (annotation === 'mode') return Number.parseInt(text, 8);
  if (annotation === 'regexp') return withoutSlashes(text);
  if (annotation === 'path') return resolve(options.root, text);
  return text;
}

/** `/re/`, as people write it, is `re`. */
export const withoutSlashes = (regexp: string): string => /^\/(.+)\/$/s.exec(regexp)?.[1] ?? regexp;

/** What its pattern cannot say is checked here. */
function convertRange(annotation: 'durations' | 'time-of-day', text: string, walk: Walk): unknown {
  const range = annotation === 'durations' ? durationRange(text)! : dayRange(text)!;
  if ('fromMs' in range && range.fromMs > range.toMs) return fail(walk, 'must begin with the shorter duration');
  if ('fromMinute' in range && range.fromMinute === range.toMinute)
    return fail(walk, 'must begin and end at two times');
  return walk.options.asWritten ? text : Object.freeze(range);
}

function decodeNumber(json: Json, value: unknown, walk: Walk): unknown {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fail(walk, 'is not a number');
  if (json['type'] === 'integer' && !Number.isInteger(value)) return fail(walk, 'is not a whole number');
  if (value < ((json['minimum'] as number | undefined) ?? -Infinity)) return fail(walk, 'is too small');
  if (value > ((json['maximum'] as number | undefined) ?? Infinity)) return fail(walk, 'is too large');
  return value;
}

function decodeList(json: Json, value: unknown, walk: Walk): unknown {
  if (!Array.isArray(value)) return fail(walk, 'is not a list');
  if (value.length < ((json['minItems'] as number | undefined) ?? 0)) return fail(walk, 'has too few items');
  if (value.length > ((json['maxItems'] as number | undefined) ?? Infinity)) return fail(walk, 'has too many items');
  const items: unknown[] = [];
  for (const [index, item] of value.entries()) {
    const decoded = inside(walk, String(index), json['items'] as Json, item);
    if (decoded === MISFIT) return MISFIT;
    items.push(decoded);
  }
  return Object.freeze(items);
}

function decodeMap(json: Json, value: unknown, walk: Walk): unknown {
  if (!isMap(value)) return fail(walk, 'is not a map');
  const result: Record<string, unknown> = {};
  const names = json['propertyNames'] as Json | undefined;
  for (const key of Object.keys(value)) {
    if (names !== undefined && inside(walk, key, names, key) === MISFIT) return MISFIT;
    const decoded = inside(walk, key, json['additionalProperties'] as Json, value[key]);
    if (decoded === MISFIT) return MISFIT;
    define(result, key, decoded);
  }
  return Object.freeze(result);
}

function decodeObject(json: Json, value: unknown, walk: Walk): unknown {
  if (!isMap(value)) return fail(walk, 'is not a map');
  const properties = json['properties'] as Readonly<Record<string, Json>>;
  const required = json['required'] as readonly string[];
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(properties, key)) return fail(walk, `has the unknown key ${key}`);
  }
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(properties)) {
    const schema = properties[key]!;
    const written = Object.hasOwn(value, key);
    if (!written && required.includes(key)) return fail(walk, `lacks the key ${key}`);
    if (!written && schema['default'] === undefined) continue;
    const decoded = inside(walk, key, schema, written ? value[key] : schema['default']);
    if (decoded === MISFIT) return MISFIT;
    define(result, key, decoded);
  }
  return Object.freeze(result);
}

function inside(walk: Walk, key: string, json: Json, value: unknown): unknown {
  walk.path.push(key);
  const decoded = decodeAny(json, value, walk);
  if (decoded !== MISFIT) walk.path.pop();
  return decoded;
}

function fail(walk: Walk, why: string): typeof MISFIT {
  walk.misfit ??= { path: [...walk.path], why };
  return MISFIT;
}

/** A frozen copy of a value that has no shape of its own; a secret in it still becomes a Secret. */
function freeze(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return secretNameOf(value) === undefined ? value : convert('secret', value, walk);
  if (Array.isArray(value)) return Object.freeze(value.map((item) => freeze(item, walk)));
  if (!isMap(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) define(result, key, freeze(value[key], walk));
  return Object.freeze(result);
}

/** As assignment, but `__proto__` is a key like any other. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(target, key, { value, enumerable: true });
  else target[key] = value;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const patterns = new Map<string, RegExp>();
function compiled(pattern: string): RegExp {
  let regexp = patterns.get(pattern);
  if (regexp === undefined) patterns.set(pattern, (regexp = new RegExp(pattern, 'u')));
  return regexp;
}

/** In code points, as JSON Schema counts. */
const lengthOf = (text: string): number => {
  let length = text.length;
  for (let at = 0; at < text.length; at++)
    if ((text.codePointAt(at) ?? 0) > 0xffff) [length, at] = [length - 1, at + 1];
  return length;
};
