// Laws of the default comparison over random schemas, specs, states and last applied specs.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from '../../../core/contract/kind.ts';
import { defaultDiff } from '../../../core/model/diff.ts';
import { parsePath, valueAt } from '../../../core/model/path.ts';
import { deepEqual, isMap } from '../../../core/model/spec.ts';
import { objectShape, schemaOf, type Shape, turned, valueOf } from './arbitrary.ts';

const RUNS = { numRuns: 1_500 };

/** A kind whose state says as much as its spec, with values of both and a last applied spec. */
const cases = objectShape.chain((shape) => {
  const schema = schemaOf(shape);
  const value = valueOf(shape);
  return fc.record({
    shape: fc.constant(shape),
    kind: fc.constant({ spec: schema, state: schema }),
    spec: value,
    state: value,
    last: fc.option(value, { nil: undefined }),
  });
});

/** The world after a faithful apply of the changes. */
function applied(state: unknown, changes: readonly Change[]): unknown {
  const next = structuredClone(state);
  for (const { path, action, to } of changes) {
    const keys = parsePath(path)!;
    const holder = valueAt(next, keys.slice(0, -1)) as Record<string, unknown>;
    const key = keys.at(-1)!;
    if (action === 'remove') delete holder[key];
    else Object.defineProperty(holder, key, { value: to, enumerable: true, configurable: true, writable: true });
  }
  return next;
}

test('property: a state made from the spec never differs, whatever was applied before', () => {
  fc.assert(
    fc.property(cases, ({ kind, spec, last }) => {
      expect(defaultDiff(kind, spec, turned(spec), last)).toEqual([]);
    }),
    RUNS,
  );
});

test('property: once the changes are made, nothing differs', () => {
  let changed = 0;
  let removed = 0;
  fc.assert(
    fc.property(cases, ({ kind, spec, state, last }) => {
      const changes = defaultDiff(kind, spec, state, last);
      changed += changes.length;
      removed += changes.filter(({ action }) => action === 'remove').length;
      const after = applied(state, changes);
      expect(defaultDiff(kind, spec, after, last)).toEqual([]);
      expect(defaultDiff(kind, spec, after, spec)).toEqual([]);
    }),
    RUNS,
  );
  expect(removed).toBeGreaterThan(100);
  console.log(`diff: ${RUNS.numRuns} cases, ${changed} changes, ${removed} of them taken back`);
});

test('property: the order of keys never counts', () => {
  const sorted = (changes: readonly Change[]): string[] => changes.map((change) => JSON.stringify(change)).sort();
  fc.assert(
    fc.property(cases, ({ kind, spec, state, last }) => {
      const straight = defaultDiff(kind, spec, state, last);
      const other = defaultDiff(kind, turned(spec), turned(state), last && turned(last));
      expect(other.map(({ path }) => path).sort()).toEqual(straight.map(({ path }) => path).sort());
      expect(sorted(other.map((change) => turned(change) as Change)).length).toBe(straight.length);
    }),
    RUNS,
  );
});

test('property: exactly what the spec says and the state does not is reported', () => {
  fc.assert(
    fc.property(cases, ({ kind, spec, state }) => {
      const paths = defaultDiff(kind, spec, state).map(({ path }) => path);
      expect(new Set(paths).size).toBe(paths.length);
      for (const path of paths) {
        const keys = parsePath(path)!;
        expect(deepEqual(valueAt(spec, keys), valueAt(state, keys))).toBe(false);
      }
      expect(paths.length === 0).toBe(covers(spec, state));
    }),
    RUNS,
  );
});

/** Everything in `spec` is so in `state`; the naive answer to "no change" when nothing was applied before. */
function covers(spec: unknown, state: unknown): boolean {
  if (isMap(spec) && isMap(state)) {
    return Object.keys(spec).every((key) => Object.hasOwn(state, key) && covers(spec[key], state[key]));
  }
  if (Array.isArray(spec) && Array.isArray(state)) {
    return spec.length === state.length && spec.every((item, index) => covers(item, state[index]));
  }
  return deepEqual(spec, state);
}

/** The same value as a poorer schema would show it. */
function projected(shape: Shape, value: unknown): unknown {
  if (shape.is === 'list') return (value as unknown[]).map((item) => projected(shape.of, item));
  if (!isMap(value)) return value;
  const of = (key: string): Shape | undefined =>
    shape.is === 'map' ? shape.of : shape.is === 'object' ? shape.keys[key]?.of : undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (of(key) ? [[key, projected(of(key)!, inner)]] : [])),
  );
}

/** A shape with every other key of its objects left out, at every depth. */
function poorer(shape: Shape, drop = 0): Shape {
  if (shape.is === 'list' || shape.is === 'map') return { is: shape.is, of: poorer(shape.of, drop + 1) };
  if (shape.is !== 'object') return shape;
  const kept = Object.entries(shape.keys).filter((_, index) => (index + drop) % 2 === 0);
  return {
    is: 'object',
    keys: Object.fromEntries(kept.map(([key, { of, optional }]) => [key, { of: poorer(of, drop + 1), optional }])),
  };
}

test('property: a state that shows less than the spec says is compared by what it shows', () => {
  let differed = 0;
  fc.assert(
    fc.property(cases, ({ shape, spec, state, last }) => {
      const narrow = poorer(shape);
      const kind = { spec: schemaOf(shape), state: schemaOf(narrow) };
      expect(defaultDiff(kind, spec, projected(narrow, spec), last)).toEqual([]);
      const changes = defaultDiff(kind, spec, projected(narrow, state));
      if (changes.length > 0) differed++;
      expect(changes.length === 0).toBe(covers(projected(narrow, spec), projected(narrow, state)));
    }),
    RUNS,
  );
  expect(differed).toBeGreaterThan(200);
});
