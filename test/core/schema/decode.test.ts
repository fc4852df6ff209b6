// Decoding: units, defaults, paths, secrets; and that it accepts exactly what ajv accepts.
import * as fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { checker } from '../../../core/schema/check.ts';
import { decode, type DecodeOptions } from '../../../core/schema/decode.ts';
import type { Json, SchemaOf } from '../../../core/schema/schema.ts';
import { s, Secret } from '../../../core/schema/schema.ts';
import { secretText, withSecretText } from '../../../core/schema/secret-text.ts';

const root = '/realm';
const valueOf = <T>(schema: SchemaOf<T>, value: unknown): T => {
  const decoded = decode(schema, value, { root });
  if (!decoded.ok) throw new Error(`${decoded.path.join('.')} ${decoded.why}`);
  return decoded.value;
};

const text = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    '30s',
    '1.5h',
    '1s..5m',
    '5m..1s',
    '22:00..07:00',
    '07:00..07:00',
    '22:00..24:00',
    '5GiB',
    '0644',
    'service/web',
    'ü',
    '🦸',
    'full',
    ' 30s',
    '30s\n',
    'constructor',
  ),
  fc.string({ maxLength: 6 }),
);
const scalarSchema: fc.Arbitrary<SchemaOf<unknown>> = fc.oneof(
  fc.record({ minLength: fc.nat(2), maxLength: fc.integer({ min: 2, max: 4 }) }).map((limits) => s.string(limits)),
  fc.constantFrom('^a+$', '^\\d{2}', 'x').map((pattern) => s.string({ pattern })),
  fc.record({ minimum: fc.integer({ min: -3, max: 2 }), maximum: fc.integer({ min: 0, max: 5 }) }).map(s.integer),
  fc.constantFrom<SchemaOf<unknown>>(
    s.string(),
    s.integer(),
    s.number(),
    s.boolean(),
    s.any(),
    s.duration(),
    s.durations(),
    s.timeOfDay(),
    s.regexp(),
    s.bytes(),
    s.path(),
    s.mode(),
    s.ref(),
    s.ref('service'),
    s.schedule(),
    s.timezone(),
    s.secret(),
    s.textOrSecret(),
    s.oneOf('full', 1, 'x'),
  ),
);
const property = fc.constantFrom('a', 'b', 'constructor', 'toString');
const { schema } = fc.letrec<{ schema: ReturnType<typeof s.any> }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    scalarSchema as fc.Arbitrary<ReturnType<typeof s.any>>,
    fc
      .tuple(tie('schema'), fc.nat(1), fc.integer({ min: 1, max: 3 }))
      .map(([items, minItems, maxItems]) => s.list(items, { minItems, maxItems })),
    tie('schema').map((values) => s.map(values)),
    tie('schema').map((values) => s.map(values, s.string({ pattern: '^[ab]|service' }))),
    fc.uniqueArray(tie('schema'), { minLength: 1, maxLength: 3 }).map((branches) => s.union(...branches)),
    fc
      .array(fc.tuple(property, tie('schema'), fc.boolean()), { maxLength: 3 })
      .map((keys) =>
        s.object(
          Object.fromEntries(
            keys.map(([key, inner, needed]) => [key, (needed ? inner : inner.optional()) as typeof inner]),
          ),
        ),
      ),
  ),
}));

/** Mostly values that look as if they fit, so that both answers are common at every depth. */
function valueFor(json: Json): fc.Arbitrary<unknown> {
  const wild = fc.oneof(
    text,
    fc.integer({ min: -5, max: 9 }),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant([]),
    fc.constant({}),
  );
  const near = nearValue(json);
  return fc.oneof({ arbitrary: near, weight: 9 }, { arbitrary: wild, weight: 1 });
}

function nearValue(json: Json): fc.Arbitrary<unknown> {
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) return fc.oneof(...branches.map(valueFor));
  if (json['enum'] !== undefined) return fc.constantFrom(...(json['enum'] as unknown[]));
  if (json['type'] === 'array') return fc.array(valueFor(json['items'] as Json), { maxLength: 3 });
  if (json['type'] === 'string') return text;
  if (json['type'] === 'boolean') return fc.boolean();
  if (json['type'] !== 'object') return fc.integer({ min: -5, max: 9 });
  const properties = json['properties'] as Readonly<Record<string, Json>> | undefined;
  if (properties === undefined) {
    const inner = valueFor(json['additionalProperties'] as Json);
    return fc.dictionary(fc.constantFrom('a', 'b', '7', 'constructor', 'service/web'), inner, {
      maxKeys: 3,
      noNullPrototype: true,
    });
  }
  const known = Object.entries(properties).map(([key, inner]) => [key, valueFor(inner)] as const);
  const keys: Record<string, fc.Arbitrary<unknown>> = Object.fromEntries([...known, ['extra', fc.integer()]]);
  return fc.record(keys, { requiredKeys: known.map(([key]) => key).slice(0, 2), noNullPrototype: true });
}

describe('ajv accepts exactly what decodes', () => {
  test('over random schemas and values', () => {
    const seen = { accepted: 0, refused: 0, deep: 0, backwards: 0 };
    fc.assert(
      fc.property(
        schema.chain((one) => fc.tuple(fc.constant(one), valueFor(one.json))),
        ([one, value]) => {
          const before = JSON.stringify(value);
          const accepted = checker(one)(value).length === 0;
          const decoded = decode(one, value, { root });
          const isBackwards = accepted && !decoded.ok && /5m\.\.1s|07:00\.\.07:00/.test(before); // which no pattern can say
          expect(decoded.ok || isBackwards, inspect([one.json, value], { depth: 9 })).toBe(accepted);
          if (isBackwards) seen.backwards++;
          expect(JSON.stringify(value)).toBe(before); // neither changes what it is given
          seen[accepted ? 'accepted' : 'refused']++;
          if (JSON.stringify(one.json).length > 200) seen.deep++;
        },
      ),
      { numRuns: 1_500 },
    );
    console.log(
      `decode: 1500 schemas, ${seen.accepted} accepted, ${seen.refused} refused, ${seen.deep} deep, ${seen.backwards} backwards`,
    );
    expect(Math.min(seen.accepted, seen.refused, seen.deep)).toBeGreaterThan(150);
  });
});

test('units become milliseconds, bytes and bits', () => {
  const units = s.object({ a: s.duration(), b: s.duration(), c: s.bytes(), d: s.bytes(), e: s.mode() });
  const value = valueOf(units, { a: '1.5h', b: '250ms', c: '5GiB', d: '1TB', e: '0644' });
  expect(value).toEqual({ a: 5_400_000, b: 250, c: 5 * 2 ** 30, d: 1e12, e: 0o644 });
});

test('ranges become their two ends, and are written out again', () => {
  const ranges = s.object({ wait: s.durations(), quiet: s.timeOfDay(), day: s.timeOfDay() });
  const written = { wait: '100ms..1.5m', quiet: '22:00..07:30', day: '00:00..23:59' };
  expect(valueOf(ranges, written)).toEqual({
    wait: { fromMs: 100, toMs: 90_000 },
    quiet: { fromMinute: 1_320, toMinute: 450 },
    day: { fromMinute: 0, toMinute: 1_439 },
  });
  expect(decode(ranges, written, { root, asWritten: true })).toMatchObject({ ok: true, value: written });
  expect(valueOf(s.durations(), '1s..1s')).toEqual({ fromMs: 1_000, toMs: 1_000 });
});

test('a range that runs backwards does not decode, and is told at its own place, inside unions too', () => {
  const schema = s.object({ restart: s.union(s.oneOf('always'), s.object({ backoff: s.durations() })) });
  const backwards = { ok: false, path: ['restart', 'backoff'], why: 'must begin with the shorter duration' };
  expect(checker(schema)({ restart: { backoff: '5m..1s' } })).toEqual([]);
  expect(decode(schema, { restart: { backoff: '5m..1s' } }, { root })).toEqual(backwards);
  expect(decode(s.timeOfDay(), '07:00..07:00', { root })).toMatchObject({ ok: false });
});

test('names that have a shape are checked, told as what they are, and kept', () => {
  const schema = s.map(s.boolean(), s.ref());
  const seen: unknown[] = [];
  const see: DecodeOptions['seen'] = (annotation, text, path) => void seen.push([annotation, text, [...path]]);
  const decoded = decode(schema, { 'service/web': true }, { root, seen: see });
  expect(decoded).toEqual({ ok: true, value: { 'service/web': true } });
  expect(seen).toEqual([['ref', 'service/web', ['service/web']]]);
  expect(decode(schema, { web: true }, { root })).toMatchObject({ ok: false, path: ['web'] });
});

test('paths are relative to the root, wherever they stand', () => {
  expect(valueOf(s.list(s.path()), ['a/b', './c', '../d', '/e'])).toEqual(['/realm/a/b', '/realm/c', '/d', '/e']);
});

test('defaults are written values, filled at every depth', () => {
  const schema = s.object({
    ready: s.object({ within: s.duration().default('20s'), path: s.path().optional() }).default({}),
    env: s.map(s.string()).default({}),
  });
  expect(valueOf(schema, {})).toEqual({ ready: { within: 20_000 }, env: {} });
});

test('as written, defaults are filled and nothing is converted', () => {
  const schema = s.object({ within: s.duration().default('20s'), token: s.secret(), path: s.path() });
  const decoded = decode(schema, { token: secretText('t'), path: 'x' }, { root, asWritten: true });
  expect(decoded).toMatchObject({ ok: true, value: { within: '20s', token: '(secret t)', path: 'x' } });
});

test('the first branch that fits is taken, and only its refs are told', () => {
  const schema = s.union(s.object({ a: s.ref(), b: s.integer() }), s.object({ a: s.string(), c: s.duration() }));
  const seen: unknown[] = [];
  const decoded = decode(schema, { a: 'x/y', c: '1s' }, { root, seen: (...fact) => void seen.push(fact) });
  expect(decoded).toMatchObject({ ok: true, value: { a: 'x/y', c: 1_000 } });
  expect(seen).toEqual([['duration', '1s', ['c']]]);
});

test('a secret stays an object that prints as its name', () => {
  const schema = s.object({ token: s.secret(), env: s.map(s.textOrSecret()), any: s.any() });
  const value = valueOf(schema, {
    token: secretText('t'),
    env: { A: 'plain', B: secretText('b') },
    any: [secretText('c')],
  });
  expect(value.token).toEqual(new Secret('t'));
  expect(value.env).toEqual({ A: 'plain', B: new Secret('b') });
  expect(JSON.stringify(value)).not.toContain('\0');
  expect(withSecretText(value)).toMatchObject({ token: secretText('t'), env: { B: secretText('b') } });
});

test('a secret that is written out never enters the value', () => {
  const named = decode(
    s.object({ token: s.secret() }),
    { token: 'hunter2' },
    { root, nameInline: (path) => `config:${path.join('.')}` },
  );
  expect(inspect(named, { depth: 9 })).not.toContain('hunter2');
  expect(named).toMatchObject({ ok: true, value: { token: { name: 'config:token' } } });
});

test('a secret where none belongs does not decode', () => {
  expect(decode(s.object({ text: s.string() }), { text: secretText('t') }, { root })).toMatchObject({
    ok: false,
    path: ['text'],
  });
  expect(decode(s.path(), secretText('t'), { root }).ok).toBe(false);
});

test('results are frozen all the way, and hostile keys are keys', () => {
  const value = valueOf(s.map(s.any()), JSON.parse('{"__proto__": {"x": [1]}, "constructor": 1}'));
  expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
  expect(({} as { x?: unknown }).x).toBeUndefined();
  const inner = Object.getOwnPropertyDescriptor(value, '__proto__')?.value as { x: number[] };
  expect([value, inner, inner.x].every(Object.isFrozen)).toBe(true);
});

test('a key that every object inherits is not written', () => {
  const schema = s.object({ constructor: s.string().optional(), toString: s.string().default('x') });
  expect(Object.entries(valueOf(schema, {}))).toEqual([['toString', 'x']]);
});

test('lengths count characters as JSON Schema does, not halves of them', () => {
  for (const [text, fits] of [
    ['🦸', true],
    ['🦸🦸', false],
    ['\ud83e', true],
    ['ab', false],
  ] as const) {
    expect([
      decode(s.string({ maxLength: 1 }), text, { root }).ok,
      checker(s.string({ maxLength: 1 }))(text).length === 0,
    ]).toEqual([fits, fits]);
  }
});
