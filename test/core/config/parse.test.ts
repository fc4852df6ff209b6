// YAML texts to trees: what the language allows, what it hides, and what attacks the reader.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseText } from '../../../core/config/parse.ts';
import type { Node, SourceFile } from '../../../core/config/tree.ts';
import { locate, nodeAt, toPlain } from '../../../core/config/tree.ts';

const read = (text: string): ReturnType<typeof parseText> => parseText({ path: '/c.yaml', text, by: 'root' });
const plain = (text: string): unknown => {
  const { root, diagnostics } = read(text);
  expect(diagnostics).toEqual([]);
  return root && toPlain(root);
};
const codes = (text: string): string[] =>
  read(text).diagnostics.map(({ code, at }) => `${code} ${at.line}:${at.column}`);

const scalar = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom('yes', '007', '~', '<<'),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    scalar as fc.Arbitrary<unknown>,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }) as fc.Arbitrary<unknown>,
  ),
}));
const has = (inner: unknown, key: string): boolean =>
  typeof inner === 'object' &&
  inner !== null &&
  (Object.hasOwn(inner, key) || Object.values(inner).some((one) => has(one, key)));
const hasNul = (inner: unknown): boolean => JSON.stringify(inner).includes('\\u0000');

test('whatever YAML can write is read back the same, with every scalar at its place', () => {
  let scalars = 0;
  fc.assert(
    fc.property(value, fc.constantFrom('\n', '\r\n'), (data, lineBreak) => {
      fc.pre(!hasNul(data) && !has(data, '__proto__') && !has(data, '<<'));
      const text = stringify(
        { data },
        { lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'QUOTE_DOUBLE' },
      );
      const written = text.replaceAll('\n', lineBreak);
      const { root, diagnostics } = read(written);
      expect(diagnostics).toEqual([]);
      expect(toPlain(root!)).toEqual({ data });
      visit(root!, (node) => {
        const { line, column } = locate(node, []);
        const rest = written.split(/\r?\n/)[line - 1]!.slice(column - 1);
        if (node.type !== 'scalar' || node.value === null) return;
        expect(rest.startsWith(typeof node.value === 'string' ? '"' : String(node.value))).toBe(true);
        scalars++;
      });
    }),
    { numRuns: 500 },
  );
  console.log(`parse: 500 documents, ${scalars} scalars at their places`);
  expect(scalars).toBeGreaterThan(500);
});

function visit(node: Node, fn: (node: Node) => void): void {
  fn(node);
  if (node.type === 'list') for (const item of node.items) visit(item, fn);
  if (node.type === 'map') for (const entry of node.entries) visit(entry.value, fn);
}

test('keys keep their order and spelling, also when they look like numbers', () => {
  const { root } = read('10: a\n007: b\n2: c\n0x1f: d\ntrue: e\n1.0: f\n');
  expect(root?.type === 'map' && root.entries.map(({ key }) => key)).toEqual(['10', '007', '2', '0x1f', 'true', '1.0']);
});

test('words that YAML 1.1 took for booleans, octals and dates are text or plain numbers', () => {
  expect(plain('a: yes\nb: off\nc: 2026-01-01\nd: 12:30:00\ne: 0o10\n')).toEqual({
    a: 'yes',
    b: 'off',
    c: '2026-01-01',
    d: '12:30:00',
    e: 8,
  });
});

test('merge keys: what is written here wins, then the earlier base', () => {
  expect(plain('a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc: { <<: [*a, *b], x: 3 }\n')).toMatchObject({
    c: { x: 3, y: 1, z: 2 },
  });
  expect(plain('"<<": 1\n')).toEqual({ '<<': 1 });
});

test('an alias means the anchor before it, also when the name is used again', () => {
  expect(plain('a: &x 1\nb: *x\nc: &x 2\nd: *x\n')).toEqual({ a: 1, b: 1, c: 2, d: 2 });
  expect(codes('b: *x\na: &x 1\n')).toEqual(['CONFIG_ALIAS 1:4']);
});

test('every duplicate is told once, at the second', () => {
  expect(codes('a: 1\nb: { c: 1, c: 2, "c": 3 }\na: 2\n')).toEqual([
    'CONFIG_DUPLICATE_KEY 2:12',
    'CONFIG_DUPLICATE_KEY 2:18',
    'CONFIG_DUPLICATE_KEY 3:1',
  ]);
  expect(codes('1: a\n01: b\n')).toEqual([]); // different spelling, different name
});

test('20,000 duplicates among 40,000 keys are all found', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1\nk${index}: 2\n`);
  expect(read(lines.join('')).diagnostics).toHaveLength(20_000);
});

test('aliases that multiply end early and make nothing', () => {
  const levels = Array.from(
    { length: 30 },
    (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(20)}]\n`,
  );
  const { root, diagnostics } = read(`l0: &l0 [x, x]\n${levels.join('')}`);
  expect(root).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual(['CONFIG_ALIAS_BOMB']);
});

test('a shared block used by 1,000 resources is no bomb', () => {
  const uses = Array.from({ length: 1_000 }, (_, index) => `r${index}: { <<: *base, n: ${index} }\n`).join('');
  expect(Object.keys(plain(`base: &base { a: 1, b: [1, 2], c: { d: 1 } }\n${uses}`) as object)).toHaveLength(1_001);
});

test.each([
  ['brackets', '['.repeat(20_000)],
  ['closed brackets', '['.repeat(20_000) + ']'.repeat(20_000)],
  ['braces', '{a: '.repeat(20_000)],
  ['indentation', Array.from({ length: 500 }, (_, index) => `${' '.repeat(index)}a:`).join('\n')],
  ['sequences', '- '.repeat(20_000)],
])('%s nested far too deep are refused in words', (_name, text) => {
  const { root, diagnostics } = read(text);
  expect(root).toBeUndefined();
  expect(diagnostics.map(({ code }) => code)).toEqual([expect.stringMatching(/^CONFIG_(TOO_DEEP|SYNTAX)$/)]);
});

test('any text at all ends in a tree or in diagnostics, never in an exception', () => {
  const bits = fc.constantFrom(
    'a',
    ':',
    ' ',
    '\n',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&x ',
    '*x',
    '"',
    "'",
    '|',
    '>',
    '<<: ',
    '#',
    '\t',
    '---\n',
    '!t ',
    '${',
    '? ',
    '%',
    '\r',
    '🦸',
    '\0',
  );
  let trees = 0;
  fc.assert(
    fc.property(fc.array(bits, { maxLength: 40 }), (pieces) => {
      const { root, diagnostics } = read(pieces.join(''));
      if (root !== undefined && diagnostics.length === 0) trees++;
      for (const { at, message } of diagnostics)
        expect([at.line > 0, at.column > 0, message.length > 0]).toEqual([true, true, true]);
    }),
    { numRuns: 3_000 },
  );
  console.log(`parse: 3000 hostile texts, ${trees} of them valid`);
  expect(trees).toBeGreaterThan(50);
});

test('places are found in long files', () => {
  const file: SourceFile = { path: '/c.yaml', text: 'x: 1\n'.repeat(5_000), by: 'root' };
  expect(locate({ origin: { file }, offset: 5 * 4_321 + 3 }, ['x'])).toEqual({
    file: '/c.yaml',
    line: 4_322,
    column: 4,
    path: 'x',
  });
  expect(locate({ origin: { file }, offset: file.text.length }, [])).toMatchObject({ line: 5_001, column: 1 });
});

test('the entry of a missing key is not invented', () => {
  const { root } = read('a: [1, { b: 2 }]\n');
  expect(nodeAt(root!, ['a', '1', 'b'])?.entry?.key).toBe('b');
  expect(nodeAt(root!, ['a', '2'])).toBeUndefined();
  expect(nodeAt(root!, ['a', 'length'])).toBeUndefined();
});
