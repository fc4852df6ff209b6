// Object schemas as command-line flags, and texts of flags as values.
import { expect, test } from 'vitest';
import { checker } from '../../../core/schema/check.ts';
import { decode } from '../../../core/schema/decode.ts';
import { flagsOf, fromFlags } from '../../../core/schema/flags.ts';
import { s } from '../../../core/schema/schema.ts';

const input = s.object({
  backup: s.string().about('Which one.'),
  keepLast: s.integer({ minimum: 1 }).optional(),
  tags: s.list(s.string()).default([]),
  within: s.duration().default('30s'),
  mode: s.oneOf('full', 'fast').default('full'),
  force: s.boolean().default(false),
  port: s.union(s.integer(), s.boolean()).optional(),
  extra: s.map(s.integer()).optional(),
});

test('each key becomes a flag with its type, in order', () => {
  const flags = flagsOf(input.json, ['backup', 'tags']);
  const common = { repeatable: false, required: false, default: undefined, description: '' };
  expect(flags).toEqual([
    {
      ...common,
      key: 'backup',
      flag: '--backup',
      positional: 0,
      type: 'text',
      required: true,
      description: 'Which one.',
    },
    { ...common, key: 'keepLast', flag: '--keep-last', type: 'number' },
    { ...common, key: 'tags', flag: '--tags', positional: 1, type: 'text', repeatable: true, default: [] },
    { ...common, key: 'within', flag: '--within', type: 'text', default: '30s' },
    { ...common, key: 'mode', flag: '--mode', type: 'text', default: 'full', choices: ['full', 'fast'] },
    { ...common, key: 'force', flag: '--force', type: 'boolean', default: false },
    { ...common, key: 'port', flag: '--port', type: 'json' },
    { ...common, key: 'extra', flag: '--extra', type: 'json' },
  ]);
});

test('texts become values that the check can judge', () => {
  const texts = {
    backup: '7',
    keepLast: '3',
    tags: ['a', '1'],
    force: true,
    port: 'true',
    extra: '{"a": 1}',
    nonsense: 'x',
  };
  const value = fromFlags(input, texts);
  expect(value).toEqual({ backup: '7', keepLast: 3, tags: ['a', '1'], force: true, port: true, extra: { a: 1 } });
  expect(decode(input, value, { root: '/' })).toMatchObject({ ok: true, value: { within: 30_000, mode: 'full' } });
});

test('a text that is no number stays text, so that the check names it', () => {
  const value = fromFlags(input, { backup: 'x', keepLast: '3x', tags: 'one' });
  expect(value).toEqual({ backup: 'x', keepLast: '3x', tags: ['one'] });
  expect(checker(input)(value).map(({ instancePath }) => instancePath)).toEqual(['/keepLast']);
});

test('nothing given is nothing, and names from Object.prototype are not given', () => {
  expect(fromFlags(s.object({ constructor: s.string().optional() }), {})).toEqual({});
});
