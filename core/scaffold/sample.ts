// Makes up specs that fit a schema, from its examples, defaults and limits: to try a plugin that came without a test.
import { decode } from '../schema/decode.ts';
import type { Json, SchemaOf } from '../schema/schema.ts';

export interface Samples {
  readonly spec: object;
  /** The same, with another value for one key that is no part of the identity. */
  readonly other?: object;
  /** The same, with another value for a part of the identity. */
  readonly moved?: object;
}

const WRITTEN: Readonly<Record<string, readonly [string, string]>> = {
  duration: ['1s', '2s'],
  durations: ['1s..2s', '1s..3s'],
  'time-of-day': ['22:00..07:00', '23:00..06:00'],
  bytes: ['1MiB', '2MiB'],
  path: ['sample', 'sample-2'],
  mode: ['0600', '0640'],
  ref: ['file/sample', 'file/sample-2'],
  schedule: ['0 7 * * *', '30 8 * * *'],
  timezone: ['UTC', 'Europe/Berlin'],
  regexp: ['sample', 'sample-2'],
  secret: ['${secret:sample}', '${secret:sample-2}'],
};

/** Undefined when none that fits can be made up, as for text with a pattern and no example. */
export function samplesOf(schema: SchemaOf<unknown>, identity: readonly string[] = []): Samples | undefined {
  const properties = (schema.json['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const required = (schema.json['required'] ?? []) as readonly string[];
  const spec = Object.fromEntries(required.map((key) => [key, sample(properties[key]!, 0)]));
  if (!fits(schema, spec)) return undefined;
  const vary = (keys: readonly string[]): object | undefined =>
    keys
      .map((key) => ({ ...spec, [key]: sample(properties[key]!, 1) }))
      .find((varied) => fits(schema, varied) && !same(schema, spec, varied));
  const names = Object.keys(properties);
  const other = vary(names.filter((key) => !identity.includes(key)));
  const moved = vary(names.filter((key) => identity.includes(key)));
  return { spec, ...(other === undefined ? {} : { other }), ...(moved === undefined ? {} : { moved }) };
}

/** The written form; `turn` 1 differs from 0 where the schema leaves a choice. */
function sample(json: Json, turn: 0 | 1): unknown {
  const examples = (json['examples'] ?? []) as readonly unknown[];
  if (examples[turn] !== undefined) return examples[turn];
  if (turn === 0 && examples.length === 0 && json['default'] !== undefined) return json['default'];
  const words = json['enum'] as readonly unknown[] | undefined;
  if (words !== undefined) return words[turn] ?? words[0];
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) return sample(branches[0]!, turn);
  switch (json['type']) {
    case 'string':
      return sampleText(json, turn);
    case 'integer':
    case 'number':
      return Math.min(
        ((json['minimum'] as number | undefined) ?? 1) + turn,
        (json['maximum'] as number | undefined) ?? Infinity,
      );
    case 'boolean':
      return turn === 1;
    case 'array':
      return Array.from({ length: Math.max(1, (json['minItems'] as number | undefined) ?? 0) }, () =>
        sample(json['items'] as Json, turn),
      );
    case 'object':
      return sampleMap(json, turn);
    default:
      return `sample-${turn}`;
  }
}

function sampleText(json: Json, turn: 0 | 1): string {
  const written = WRITTEN[String(json['x-realm'])];
  if (written !== undefined) return written[turn];
  const text = turn === 0 ? 'sample' : 'sample-2';
  const longest = (json['maxLength'] as number | undefined) ?? Infinity;
  return text.padEnd((json['minLength'] as number | undefined) ?? 0, 'x').slice(0, longest);
}

function sampleMap(json: Json, turn: 0 | 1): object {
  const properties = (json['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const required = (json['required'] ?? []) as readonly string[];
  const others = json['additionalProperties'];
  if (json['properties'] === undefined && typeof others === 'object') {
    const names = json['propertyNames'] as Json | undefined;
    return { [names === undefined ? 'sample' : sampleText(names, 0)]: sample(others as Json, turn) };
  }
  return Object.fromEntries(required.map((key) => [key, sample(properties[key]!, turn)]));
}

const fits = (schema: SchemaOf<unknown>, written: object): boolean => decode(schema, written, { root: '/' }).ok;

function same(schema: SchemaOf<unknown>, a: object, b: object): boolean {
  const text = (written: object): string => JSON.stringify(decode(schema, written, { root: '/' }));
  return text(a) === text(b);
}
