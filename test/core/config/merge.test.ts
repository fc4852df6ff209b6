// Profiles over configurations, against JSON Merge Patch (RFC 7386) written for plain values.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { overlay } from '../../../core/config/merge.ts';
import { parseText } from '../../../core/config/parse.ts';
import type { MapNode, Node } from '../../../core/config/tree.ts';
import { nodeAt, toPlain } from '../../../core/config/tree.ts';

const file = (text: string): MapNode => {
  const { root } = parseText({ path: '/realm.config.yaml', text, by: 'root' });
  if (root?.type !== 'map') throw new Error(`no map: ${text}`);
  return root;
};
const tree = (value: object): MapNode => file(JSON.stringify(value));

type Plain = Record<string, unknown>;
const isMap = (value: unknown): value is Plain => typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386, section 2. */
function patched(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Plain = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = patched(result[key], value);
  }
  return result;
}

const key = fc.constantFrom('a', 'b', 'c', 'web', 'port');
const { map } = fc.letrec<{ value: unknown; map: Plain }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(null, 1, 'x', true),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('map'),
  ),
  map: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}));

test('a profile is a merge patch: lists replace, null removes, order stays', () => {
  let removed = 0;
  let nested = 0;
  fc.assert(
    fc.property(map, map, (base, profile) => {
      const merged = toPlain(overlay(tree(base), tree(profile), 'p'));
      const expected = patched(base, profile);
      expect(merged).toEqual(expected);
      expect(JSON.stringify(merged)).toBe(JSON.stringify(expected)); // the same order of keys at every level
      if (Object.values(profile).includes(null)) removed++;
      if (Object.keys(profile).some((name) => isMap(profile[name]) && isMap(base[name]))) nested++;
    }),
    { numRuns: 2_000 },
  );
  console.log(`merge: 2000 pairs, ${removed} with a removal, ${nested} merged below the top`);
  expect(Math.min(removed, nested)).toBeGreaterThan(50);
});

test('the same profile twice is once', () => {
  fc.assert(
    fc.property(map, map, (base, profile) => {
      const once = overlay(tree(base), tree(profile), 'p');
      expect(toPlain(overlay(once, tree(profile), 'p'))).toEqual(toPlain(once));
    }),
    { numRuns: 500 },
  );
});

test('what a profile does not touch stays the very same node', () => {
  const base = file('files:\n  a: { path: a }\n  b: { path: b }\nhosts: {}\n');
  const merged = overlay(base, file('files: { a: { path: c } }'), 'p');
  const at = (root: Node, ...keys: string[]): Node | undefined => nodeAt(root, keys)?.node;
  expect(at(merged, 'files', 'b')).toBe(at(base, 'files', 'b'));
  expect(at(merged, 'hosts')).toBe(at(base, 'hosts'));
  expect(at(merged, 'files', 'a')).not.toBe(at(base, 'files', 'a'));
  expect(overlay(base, file('{}'), 'p')).toBe(base);
});

test('every value of a profile says so, and no other does', () => {
  const merged = overlay(
    file('files: { a: { path: a, text: x } }'),
    file('files: { a: { text: y }, b: { path: b } }'),
    'p',
  );
  const profileOf = (...keys: string[]): string | undefined => nodeAt(merged, keys)?.node.origin.profile;
  expect(profileOf('files', 'a', 'path')).toBeUndefined();
  expect(profileOf('files', 'a', 'text')).toBe('p');
  expect(profileOf('files', 'b', 'path')).toBe('p');
});
