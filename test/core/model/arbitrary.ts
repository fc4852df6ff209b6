// Random specs, schemas and values for the property tests of the model.
import * as fc from 'fast-check';
import { s, type Schema, Secret } from '../../../core/schema/schema.ts';

/** Keys as hostile as YAML allows. */
export const anyKey = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '$secret', '$$a', '$number', '__proto__', '', 'a.b', '10', '9', 'ä', '"', 'toString'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

/** Any value that a decoded spec may hold. */
export const anySpec: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, -0, 1.5, Number.NaN, Infinity, 'x', '', '10'),
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.integer(),
    fc.string({ maxLength: 4 }).map((name) => new Secret(name)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(anyKey, tie('value')), { maxLength: 5, selector: ([key]) => key }).map(Object.fromEntries),
  ),
})).value;

/** A shape of decoded specs: both a schema and a source of values. */
export type Shape =
  | { readonly is: 'word' }
  | { readonly is: 'number' }
  | { readonly is: 'flag' }
  | { readonly is: 'list'; readonly of: Shape }
  | { readonly is: 'map'; readonly of: Shape }
  | {
      readonly is: 'object';
      readonly keys: Readonly<Record<string, { readonly of: Shape; readonly optional: boolean }>>;
    };

const leaf = fc.constantFrom<Shape>({ is: 'word' }, { is: 'number' }, { is: 'flag' });

const shapes = fc.letrec<{ shape: Shape; object: Shape }>((tie) => ({
  shape: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'shape' },
    leaf,
    tie('object'),
    tie('shape').map((of): Shape => ({ is: 'list', of })),
    tie('shape').map((of): Shape => ({ is: 'map', of })),
  ),
  object: fc
    .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.record({ of: tie('shape'), optional: fc.boolean() }), {
      minKeys: 1,
      maxKeys: 5,
      depthIdentifier: 'shape',
      noNullPrototype: true,
    })
    .map((keys): Shape => ({ is: 'object', keys })),
}));
export const objectShape = shapes.object;

export function schemaOf(shape: Shape): Schema<unknown> {
  if (shape.is === 'word') return s.string();
  if (shape.is === 'number') return s.integer();
  if (shape.is === 'flag') return s.boolean();
  if (shape.is === 'list') return s.list(schemaOf(shape.of));
  if (shape.is === 'map') return s.map(schemaOf(shape.of));
  const entries = Object.entries(shape.keys).map(([key, { of, optional }]) => {
    const inner = schemaOf(of);
    return [key, optional ? inner.optional() : inner] as const;
  });
  return s.object(Object.fromEntries(entries));
}

/** Values that the schema of the shape accepts. */
export function valueOf(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.is === 'word') return fc.constantFrom('x', 'y', '');
  if (shape.is === 'number') return fc.integer({ min: 0, max: 2 });
  if (shape.is === 'flag') return fc.boolean();
  if (shape.is === 'list') return fc.array(valueOf(shape.of), { maxLength: 3 });
  if (shape.is === 'map') {
    return fc.dictionary(fc.constantFrom('p', 'q.r', '__proto__'), valueOf(shape.of), { maxKeys: 3 }).map(plain);
  }
  const keys = Object.entries(shape.keys);
  const values = Object.fromEntries(keys.map(([key, { of }]) => [key, valueOf(of)]));
  const requiredKeys = keys.filter(([, { optional }]) => !optional).map(([key]) => key);
  return fc.record(values, { requiredKeys }).map(plain);
}

const plain = (value: object): object => Object.fromEntries(Object.entries(value));

/** The same value with the keys of every map the other way round. */
export function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null || value instanceof Secret) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, inner]) => [key, turned(inner)]),
  );
}
