// What is known of a snapshot in a repository after it was looked at.
import { expect, test } from 'vitest';
import { type Facts, withVerification } from '../../../../plugins/backup/restic/tags.ts';
import type { Verification } from '../../../../plugins/backup/snapshot.ts';

const seen = (
  level: Verification['level'],
  damaged: readonly string[],
  isGood = damaged.length === 0,
): Verification => {
  return { level, at: 1, isGood, coverage: 1, damaged };
};
const facts = { verifications: [], slices: [], verifiedAt: null, damaged: ['data/a'] } as unknown as Facts;

test('what is known to be damaged stays known until every byte was read again', () => {
  const after = (one: Verification): readonly string[] => withVerification(facts, one, undefined).damaged;
  expect(after(seen('drill', [], false)), 'an assertion failed').toEqual(['data/a']);
  expect(after(seen('drill', ['data/b']))).toEqual(['data/a', 'data/b']);
  expect(after(seen('structure', ['data/b']))).toEqual(['data/a', 'data/b']);
  expect(after(seen('structure', []))).toEqual(['data/a']);
  expect(after(seen('content', ['data/b']))).toEqual(['data/b']);
  expect(after(seen('content', []))).toEqual([]);
  expect(withVerification(facts, seen('content', []), { n: 0, of: 2 }).damaged, 'only a part').toEqual(['data/a']);
});
