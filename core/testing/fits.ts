// Whether a value has the decoded form that a schema promises to code: units as numbers, paths and secrets as such.
import { inspect } from 'node:util';
import { isRange } from '../model/schema-keys.ts';
import type { Json, SchemaOf } from '../schema/schema.ts';
import { Secret } from '../schema/schema.ts';

/** The first place where it does not, as a sentence; undefined when it fits. */
export function misfit(schema: SchemaOf<unknown>, value: unknown): string | undefined {
  return walk(schema.json, value, '');
}

function walk(json: Json, value: unknown, path: string): string | undefined {
  const wrong = (want: string): string => `${path === '' ? 'it' : path} is ${show(value)}, not ${want}`;
  const annotation = json['x-realm'];
  if (annotation === 'secret') return value instanceof Secret ? undefined : wrong('a secret');
  if (annotation === 'text-or-secret' && value instanceof Secret) return undefined;
  if (annotation === 'duration' || annotation === 'bytes' || annotation === 'mode')
    return typeof value === 'number' && Number.isFinite(value) ? undefined : wrong(`a number (${annotation})`);
  if (annotation === 'durations' || annotation === 'time-of-day')
    return isRange(value, [json]) ? undefined : wrong(`a range (${annotation})`);
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) {
    const fits = branches.some((branch) => walk(branch, value, path) === undefined);
    return fits ? undefined : wrong('any of the shapes in its schema');
  }
  const words = json['enum'] as readonly unknown[] | undefined;
  if (words !== undefined) return words.includes(value) ? undefined : wrong(`one of ${words.join(', ')}`);
  switch (json['type']) {
    case 'string':
      return typeof value === 'string' ? undefined : wrong('text');
    case 'integer':
      return Number.isInteger(value) ? undefined : wrong('a whole number');
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? undefined : wrong('a number');
    case 'boolean':
      return typeof value === 'boolean' ? undefined : wrong('true or false');
    case 'array':
      return Array.isArray(value) ? inList(json, value, path) : wrong('a list');
    case 'object':
      return isMap(value) ? inMap(json, value, path) : wrong('a map');
    default:
      return undefined; // s.any()
  }
}

function inList(json: Json, items: readonly unknown[], path: string): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = walk(json['items'] as Json, item, `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inMap(json: Json, map: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const properties = (json['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const others = json['additionalProperties'];
  const place = (key: string): string => (path === '' ? key : `${path}.${key}`);
  for (const key of (json['required'] ?? []) as readonly string[])
    if (map[key] === undefined) return `${place(key)} is missing`;
  for (const [key, value] of Object.entries(map)) {
    if (value === undefined) continue;
    const shape = Object.hasOwn(properties, key)
      ? properties[key]
      : typeof others === 'object'
        ? (others as Json)
        : undefined;
    if (shape === undefined && others === false) return `${place(key)} is not named in the schema`;
    const found = shape === undefined ? undefined : walk(shape, value, place(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);

const show = (value: unknown): string => inspect(value, { depth: 2, breakLength: Infinity }).slice(0, 80);
