import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { didYouMean, nearest, typos } from '../../../core/cli/suggest.ts';

test.each([
  ['plan', 'plan', 0],
  ['paln', 'plan', 1],
  ['pln', 'plan', 1],
  ['plann', 'plan', 1],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
])('typos(%s, %s) is %i', (a, b, count) => {
  expect(typos(a, b)).toBe(count);
});

test('the number of typing errors is a distance', () => {
  const word = fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(typos(a, b)).toBe(typos(b, a));
      expect(typos(a, b) === 0).toBe(a === b);
      expect(typos(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
      expect(typos(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
    { numRuns: 300 },
  );
});

test('the nearest word is suggested, and nothing when none is near', () => {
  const verbs = ['plan', 'apply', 'status', 'start', 'stop'];
  expect(nearest('aply', verbs)).toBe('apply');
  expect(nearest('stats', verbs)).toBe('status');
  expect(nearest('PLAN', verbs)).toBe('plan');
  expect(nearest('zebra', verbs)).toBeUndefined();
  expect(nearest('x', verbs)).toBeUndefined();
  expect(didYouMean('pln', verbs)).toBe('Did you mean `plan`?');
});

test('a hostile word costs no time', () => {
  expect(nearest('a'.repeat(100_000), ['a'.repeat(100_001)])).toBeUndefined();
});
