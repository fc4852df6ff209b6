// Dotted paths: what is written can be read again, and what is none is refused.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatPath, parsePath, valueAt } from '../../../core/model/path.ts';
import { anyKey } from './arbitrary.ts';

test.each([
  [[], ''],
  [['env', 'PORT'], 'env.PORT'],
  [['command', 0], 'command.0'],
  [['limits', 'a.b', 'c'], 'limits."a.b".c'],
  [[''], '""'],
  [['with space', 'say "hi"'], '"with space"."say \\"hi\\""'],
])('%j is written %s', (keys, text) => {
  expect(formatPath(keys)).toBe(text);
  expect(parsePath(text)).toEqual(keys.map(String));
});

test.each(['.', 'a.', '.a', 'a..b', '"a', '"a"b', 'a"b"', '"\\x"', 'a b', 'a[0]', '"a".'])('%s is no path', (text) => {
  expect(parsePath(text)).toBeUndefined();
});

test('valueAt sees own keys only', () => {
  expect(valueAt({ a: [{ b: 1 }] }, ['a', '0', 'b'])).toBe(1);
  expect(valueAt({}, ['toString'])).toBeUndefined();
  expect(valueAt('text', ['0'])).toBeUndefined();
  expect(valueAt(null, ['a'])).toBeUndefined();
});

test('property: any keys come back', () => {
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 6 }), (keys) => {
      expect(parsePath(formatPath(keys))).toEqual(keys);
    }),
    { numRuns: 2_000 },
  );
});

test('property: any text is a path that reads back the same, or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '"', '\\', ' ', '0', '[') }), (text) => {
      const keys = parsePath(text);
      expect(keys && parsePath(formatPath(keys))).toEqual(keys);
    }),
    { numRuns: 2_000 },
  );
});
