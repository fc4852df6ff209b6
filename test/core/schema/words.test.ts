// Units and near words.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../../core/schema/nearest.ts';
import { BYTES, DURATION } from '../../../core/schema/schema.ts';
import { durationMs, sizeBytes } from '../../../core/schema/units.ts';

test('what the pattern takes has a value, and nothing else has', () => {
  const pieces = fc.array(fc.constantFrom('1', '0', '.', 's', 'm', 'h', 'd', 'k', 'K', 'M', 'i', 'B', ' ', '-', '\n'), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(pieces, (found) => {
      const text = found.join('');
      expect(durationMs(text) !== undefined).toBe(new RegExp(DURATION, 'u').test(text));
      expect(sizeBytes(text) !== undefined).toBe(new RegExp(BYTES, 'u').test(text));
    }),
    { numRuns: 3_000 },
  );
});

test('units', () => {
  expect(['250ms', '30s', '15m', '4h', '7d', '0.5s'].map(durationMs)).toEqual([
    250, 30_000, 900_000, 14_400_000, 604_800_000, 500,
  ]);
  expect(['1B', '2kB', '64KiB', '5GiB', '1TB', '1.5MiB'].map(sizeBytes)).toEqual([
    1,
    2_000,
    65_536,
    5 * 2 ** 30,
    1e12,
    1_572_864,
  ]);
  expect([durationMs('5 s'), durationMs('1h30m'), sizeBytes('5gib'), durationMs('1constructor')]).toEqual(
    Array(4).fill(undefined),
  );
});

test('the distance is a metric, and a swap of neighbours is one edit', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance === 0).toBe(a === b);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
  expect([editDistance('txet', 'text'), editDistance('kitten', 'sitting'), editDistance('', 'abc')]).toEqual([1, 3, 3]);
});

test('only a slip of the fingers has a near word; of two equally near the earlier is meant', () => {
  const words = ['path', 'text', 'mode', 'services'];
  expect(['pth', 'TEXT', 'mdoe', 'service', 'srevices'].map((word) => nearest(word, words))).toEqual([
    'path',
    'text',
    'mode',
    'services',
    'services',
  ]);
  expect(['banana', 'x', '', 'pa'].map((word) => nearest(word, words))).toEqual(Array(4).fill(undefined));
  expect(nearest('tast', ['test', 'tasty'])).toBe('test');
});
