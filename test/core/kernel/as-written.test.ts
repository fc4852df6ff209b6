// Values of a plan as people write them; what is not certain stays as JSON has it.
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { asWritten, defaultsOf } from '../../../core/kernel/as-written.ts';
import { decode } from '../../../core/schema/decode.ts';
import { s, Secret } from '../../../core/schema/schema.ts';

const spec = s.object({
  path: s.path(),
  mode: s.mode(),
  every: s.duration(),
  size: s.bytes(),
  text: s.string(),
  key: s.secret(),
  env: s.map(s.textOrSecret()),
  keep: s.object({ last: s.integer(), within: s.duration() }),
  from: s.list(s.path()),
  either: s.union(s.duration(), s.oneOf('never')),
  unclear: s.union(s.duration(), s.integer()),
  both: s.union(s.duration(), s.bytes()),
  any: s.any(),
  backoff: s.union(s.oneOf('none'), s.durations()),
  quiet: s.timeOfDay(),
  words: s.list(s.duration()),
});
const shown = (path: string, to: unknown, from: unknown = null): unknown =>
  asWritten({ spec }, '/lab')({ path, from, to }).shown;

test.each([
  ['path', '/lab/.realm/demo/x', '.realm/demo/x'],
  ['path', '/lab', '"."'],
  ['path', '/elsewhere/x', '/elsewhere/x'],
  ['path', '/lab/..x', '..x'],
  ['mode', 0o644, '"0644"'],
  ['every', 60_000, '1m'],
  ['size', 5 * 2 ** 30, '5GiB'],
  ['key', new Secret('vault'), '(secret vault)'],
  ['env', { A: 'plain', B: new Secret('b') }, '{ A: plain, B: (secret b) }'],
  ['env.B', new Secret('b'), '(secret b)'],
  ['keep', { last: 30, within: 86_400_000 }, '{ last: 30, within: 1d }'],
  ['keep.within', 1_000, '1s'],
  ['from', ['/lab/a', '/b'], '[a, /b]'],
  ['from.1', '/lab/a b', 'a b'],
  ['either', 1_000, '1s'],
  ['words', [1_000], '[1s]'],
  ['backoff', { fromMs: 100, toMs: 60_000 }, '100ms..1m'],
  ['quiet', { fromMinute: 1_320, toMinute: 420 }, '"22:00..07:00"'],
])('%s: %o is shown as %s', (path, value, text) => {
  expect(shown(path, value)).toEqual({ to: text });
  expect(shown(path, value, value)).toEqual({ from: text, to: text });
});

test.each([
  ['text', '60000'],
  ['either', 'never'],
  ['unclear', 1_000],
  ['both', 1_000],
  ['any', 60_000],
  ['every', -1],
  ['every', 'not a number'],
  ['path', 'relative'],
  ['keep.last', 30],
  ['nowhere', 60_000],
  ['', { mode: 'what' }],
])('%s: %o stays as it is', (path, value) => {
  expect(shown(path, value)).toBeUndefined();
});

test('what only the state names is evidence, and is shown by what the state says it is', () => {
  const state = s.object({ age: s.duration(), every: s.bytes(), seen: s.integer() });
  const say = (path: string): unknown => asWritten({ spec, state }, '/lab')({ path, from: null, to: 60_000 }).shown;
  expect([say('age'), say('every'), say('seen')]).toEqual([{ to: '1m' }, { to: '1m' }, undefined]);
});

test('what is shown reads as the same value, when it is typed into YAML', () => {
  const value = {
    mode: 0o600,
    every: 90_000,
    size: 1,
    path: '/lab/on',
    from: ['/lab/null', '/lab/1.5', '/lab/a: b', '/lab/#x', '/lab/- y'],
    keep: { last: 1, within: 0 },
  };
  for (const [key, part] of Object.entries(value)) {
    const one = s.object({ [key]: (spec.json['properties'] as never)[key] });
    const { to } = shown(key, part) as { to: string };
    const typed = parse(`${key}: ${to}`) as object;
    const json = { ...one.json, properties: { [key]: (spec.json['properties'] as never)[key] }, required: [key] };
    expect(decode({ json }, typed, { root: '/lab' })).toEqual({ ok: true, value: { [key]: part } });
  }
});

test('what a kind gives by itself is known as such, in whatever unit', () => {
  const isDefault = defaultsOf(
    { spec: s.object({ every: s.duration().default('1m'), cwd: s.path().default('.'), n: s.integer() }) },
    '/lab',
  );
  expect([isDefault('every', 60_000), isDefault('cwd', '/lab')]).toEqual([true, true]);
  expect([isDefault('every', 61_000), isDefault('n', 1), isDefault('nope', undefined)]).toEqual([false, false, false]);
});
