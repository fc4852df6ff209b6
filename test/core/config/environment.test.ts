// Two environments are compared by salted hashes: every difference is found, and no value can be read off.
import { expect, test } from 'vitest';
import { differences, hashesOf } from '../../../core/config/environment.ts';

test('another value, a missing one and an additional one are told apart; equal ones are not told', () => {
  const theirs = hashesOf(
    ['SAME', 'OTHER', 'MINE', 'THEIRS', 'NOBODY', 'EMPTY'],
    { SAME: '1', OTHER: '2', THEIRS: '3', EMPTY: '' },
    'salt',
  );
  const ours = { SAME: '1', OTHER: 'two', MINE: '4', NOT_ASKED: '5' };
  expect(differences(theirs, ours, 'salt')).toEqual([
    { name: 'OTHER', has: 'both' },
    { name: 'MINE', has: 'we' },
    { name: 'THEIRS', has: 'they' },
    { name: 'EMPTY', has: 'they' },
  ]);
});

test('no value stands in the hashes, and another salt gives others', () => {
  const env = { TOKEN: 'a-secret-value' };
  expect(JSON.stringify(hashesOf(['TOKEN'], env, 'x'))).not.toContain('secret');
  expect(hashesOf(['TOKEN'], env, 'x')).not.toEqual(hashesOf(['TOKEN'], env, 'y'));
});

test('what every object inherits is no variable', () => {
  expect(hashesOf(['constructor', 'toString'], {}, 'x')).toEqual({ constructor: null, toString: null });
});
