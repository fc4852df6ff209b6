// The decoded form that a schema promises: what decode makes always fits, and each wrong value is named with its place.
import { expect, test } from 'vitest';
import { decode } from '../../../core/schema/decode.ts';
import { s, Secret } from '../../../core/schema/schema.ts';
import { misfit } from '../../../core/testing/fits.ts';

const everything = s.object({
  text: s.string(),
  size: s.bytes(),
  mode: s.mode(),
  wait: s.duration().optional(),
  backoff: s.durations(),
  path: s.path(),
  word: s.oneOf('a', 'b'),
  list: s.list(s.object({ n: s.integer() })),
  map: s.map(s.number()),
  key: s.secret(),
  env: s.textOrSecret(),
  either: s.union(s.boolean(), s.string()),
  any: s.any(),
});
const written = {
  text: 'x',
  size: '1KiB',
  mode: '0644',
  backoff: '1s..5m',
  path: 'p',
  word: 'a',
  list: [{ n: 1 }],
  map: { x: 1.5 },
  key: '${secret:k}',
  env: 'plain',
  either: true,
  any: { what: ['ever'] },
};
const decoded = decode(everything, written, { root: '/r' });
if (!decoded.ok) throw new Error(decoded.why);

test('what decode makes of a written value fits', () => {
  expect(misfit(everything, decoded.value)).toBeUndefined();
  expect(misfit(everything, { ...decoded.value, env: new Secret('k'), wait: undefined, any: null })).toBeUndefined();
});

const wrong: readonly [change: object, sentence: string][] = [
  [{ text: 1 }, 'text is 1, not text'],
  [{ text: undefined }, 'text is missing'],
  [{ size: '1KiB' }, "size is '1KiB', not a number (bytes)"],
  [{ mode: '0644' }, "mode is '0644', not a number (mode)"],
  [{ wait: Number.NaN }, 'wait is NaN, not a number (duration)'],
  [{ word: 'c' }, "word is 'c', not one of a, b"],
  [{ list: [{ n: 1 }, { n: 1.5 }] }, 'list[1].n is 1.5, not a whole number'],
  [{ list: {} }, 'list is {}, not a list'],
  [{ map: { x: 'y' } }, "map.x is 'y', not a number"],
  [{ map: [] }, 'map is [], not a map'],
  [{ key: 'text' }, "key is 'text', not a secret"],
  [{ either: 7 }, 'either is 7, not any of the shapes in its schema'],
  [{ other: 1 }, 'other is not named in the schema'],
];
for (const [change, sentence] of wrong) {
  test(sentence, () => expect(misfit(everything, { ...(decoded.value as object), ...change })).toBe(sentence));
}

test('no state at all is told of the whole', () => {
  expect(misfit(everything, undefined)).toBe('it is undefined, not a map');
});
