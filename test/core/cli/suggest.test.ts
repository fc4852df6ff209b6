// Mistyped words get the one that was meant.
import { expect, test } from 'vitest';
import { didYouMean } from '../../../core/cli/suggest.ts';

test('the nearest word is suggested, and nothing when none is near', () => {
  const verbs = ['plan', 'apply', 'status', 'start', 'stop'];
  expect(didYouMean('aply', verbs)).toBe('Did you mean `apply`?');
  expect(didYouMean('stats', verbs)).toBe('Did you mean `status`?');
  expect(didYouMean('PLAN', verbs)).toBe('Did you mean `plan`?');
  expect(didYouMean('zebra', verbs)).toBeUndefined();
  expect(didYouMean('a'.repeat(100_000), verbs)).toBeUndefined();
});
