// Specs as values: texts, hashes, equality and secrets agree with each other, whatever the keys.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSpec, deepEqual, deepFreeze, encodeSpec, hashSpec } from '../../../core/model/spec.ts';
import { Secret } from '../../../core/schema/schema.ts';
import { anySpec, turned } from './arbitrary.ts';

test('keys are sorted, keys without a value left out, secrets kept by name', () => {
  expect(encodeSpec({ b: [1, { z: null, a: 'x' }], a: new Secret('token'), c: undefined })).toBe(
    '{"a":{"$secret":"token"},"b":[1,{"a":"x","z":null}]}',
  );
  expect(hashSpec({ a: 1, b: 2 })).toBe('43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777');
});

test("a user's own {$secret: x} does not come back as a secret", () => {
  const value = { $secret: 'x', $$secret: 'y' };
  expect(decodeSpec(encodeSpec(value))).toEqual(value);
  expect(hashSpec(value)).not.toBe(hashSpec(new Secret('x')));
});

test('a key named __proto__ is a key like any other', () => {
  const value = JSON.parse('{"__proto__": {"a": 1}}') as object;
  const back = decodeSpec(encodeSpec(value)) as object;
  expect(Object.keys(back)).toEqual(['__proto__']);
  expect(deepEqual(value, {})).toBe(false);
});

test('what is read back is frozen all through', () => {
  const back = decodeSpec('{"a":{"b":[{"c":1}]}}') as { a: { b: { c: number }[] } };
  expect(() => back.a.b.push({ c: 2 })).toThrow(TypeError);
  expect(Object.isFrozen(back.a.b[0])).toBe(true);
  expect(Object.isFrozen(deepFreeze(new Secret('x')))).toBe(true);
});

test('what is no plain data is refused with a sentence, not written wrongly', () => {
  const round: { self?: unknown } = {};
  round.self = round;
  expect(() => encodeSpec(round)).toThrow('holds itself');
  expect(() => encodeSpec({ a: new Map() })).toThrow('not plain data: [object Map]');
  expect(() => encodeSpec(() => 1)).toThrow(TypeError);
  expect(() => encodeSpec({ a: /x/ })).toThrow('not plain data: [object RegExp]');
  expect(() => decodeSpec('{"a":')).toThrow(SyntaxError);
});

test('deepEqual is blind to the order of keys and true to the order of lists', () => {
  expect(deepEqual({ A: 1, B: { C: 2, D: 3 } }, { B: { D: 3, C: 2 }, A: 1 })).toBe(true);
  expect(deepEqual(['a', 'b'], ['b', 'a'])).toBe(false);
  expect(deepEqual([], {})).toBe(false);
  expect(deepEqual({ a: undefined }, {})).toBe(true);
  expect(deepEqual({ a: undefined, b: 1 }, { b: 1, c: undefined })).toBe(true);
  expect(deepEqual(new Secret('a'), new Secret('b'))).toBe(false);
  expect(deepEqual(new Secret('a'), { name: 'a' })).toBe(false);
});

test('property: text comes back equal, equality is equality of texts, order of keys never counts', () => {
  let equals = 0;
  fc.assert(
    fc.property(anySpec, anySpec, (a, b) => {
      const back = decodeSpec(encodeSpec(a));
      expect(deepEqual(back, a)).toBe(true);
      expect(encodeSpec(back)).toBe(encodeSpec(a));
      expect(hashSpec(turned(a))).toBe(hashSpec(a));
      expect(deepEqual(turned(a), a)).toBe(true);
      const same = deepEqual(a, b);
      if (same) equals++;
      expect(same).toBe(encodeSpec(a) === encodeSpec(b));
    }),
    { numRuns: 2_000 },
  );
  console.log(`spec: 2,000 pairs, ${equals} equal`);
});
