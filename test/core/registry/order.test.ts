// The order of plugins: needs come first, wants where possible, otherwise as written; broken needs are named in full.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderPlugins } from '../../../core/registry/order.ts';
import { refusal } from './loaded.ts';

type Links = readonly [name: string, needs?: readonly string[], wants?: readonly string[]];
const plugins = (links: readonly Links[]) =>
  links.map(([name, needs, wants], index) => ({
    name,
    needs,
    wants,
    at: { file: 'realm.config.yaml', line: index + 1, column: 1, path: `plugins.${index}` },
  }));
const orderOf = (...links: readonly Links[]) => orderPlugins(plugins(links)).map((plugin) => plugin.name);

const cases: readonly [what: string, links: readonly Links[], order: readonly string[]][] = [
  ['nothing', [], []],
  ['as written without links', [['b'], ['a']], ['b', 'a']],
  ['a need first', [['a', ['b']], ['b']], ['b', 'a']],
  ['a want first', [['a', [], ['b']], ['b']], ['b', 'a']],
  ['a want of something absent changes nothing', [['a', [], ['x']], ['b']], ['a', 'b']],
  [
    'wants in a circle: the first written is followed',
    [
      ['a', [], ['b']],
      ['b', [], ['a']],
    ],
    ['b', 'a'],
  ],
  [
    'a need beats a want that says the opposite',
    [
      ['b', [], ['a']],
      ['a', ['b']],
    ],
    ['b', 'a'],
  ],
  ['a want of itself is nothing', [['a', [], ['a']]], ['a']],
  [
    'a want that closes a longer circle is not followed',
    [
      ['a', [], ['c']],
      ['b', ['a']],
      ['c', ['b']],
    ],
    ['a', 'b', 'c'],
  ],
];
for (const [what, links, order] of cases) test(`order: ${what}`, () => expect(orderOf(...links)).toEqual(order));

test('every missing need is told at once, each at its plugin', () => {
  const error = refusal(() => orderOf(['a', ['x']], ['b'], ['c', ['y', 'b']]));
  expect(error.code).toBe('PLUGIN_NEED_MISSING');
  expect(error.diagnostics.map(({ message, at }) => [at.line, message])).toEqual([
    [1, 'The plugin "a" needs "x", which is not in use.'],
    [3, 'The plugin "c" needs "y", which is not in use.'],
  ]);
  expect(error.hint).toBe('Add x to plugins:, or remove a.');
});

test('a circle of needs is named in full, once each', () => {
  const error = refusal(() => orderOf(['x', ['a']], ['a', ['b']], ['b', ['c']], ['c', ['a']], ['s', ['s']]));
  expect(error.diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ['PLUGIN_NEED_CYCLE', 'Plugins need each other in a circle: a -> b -> c -> a.'],
    ['PLUGIN_NEED_CYCLE', 'Plugins need each other in a circle: s -> s.'],
  ]);
});

test('two plugins of one name are refused, with both places', () => {
  const error = refusal(() => orderOf(['a'], ['b'], ['a']));
  expect([error.code, error.at?.line, error.hint]).toEqual([
    'PLUGIN_DUPLICATE',
    3,
    'Remove one of them; the first is named at line 1 of realm.config.yaml.',
  ]);
});

test('any set of links: all plugins once, needs always first, wants too unless they close a circle', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const some = fc.subarray(names, { maxLength: 3 });
  const links = fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), some, some)));
  let acyclic = 0;
  let wantsKept = 0;
  fc.assert(
    fc.property(links, fc.boolean(), (all, downwards) => {
      // Needs that only point downwards have no circle, so half of the cases get past the check.
      const given = all.map(([name, needs, wants]) => [name, downwards ? needs.filter((n) => n < name) : needs, wants]);
      const set = plugins(given as unknown as Links[]);
      if (!downwards && hasCircle(set)) return void refusal(() => orderPlugins(set));
      const order = orderPlugins(set).map((plugin) => plugin.name);
      acyclic++;
      expect([...order].sort()).toEqual(names);
      const place = new Map(order.map((name, index) => [name, index]));
      for (const { name, needs = [], wants = [] } of set) {
        for (const need of needs) expect(place.get(need)).toBeLessThan(place.get(name)!);
        wantsKept += wants.filter((want) => place.get(want)! < place.get(name)!).length;
      }
    }),
    { numRuns: 500 },
  );
  expect(acyclic).toBeGreaterThan(200);
  expect(wantsKept).toBeGreaterThan(200);
});

/** By force: whether some plugin is reached from itself in as many steps as there are plugins, or fewer. */
function hasCircle(set: ReturnType<typeof plugins>): boolean {
  const needsOf = (names: Iterable<string>) =>
    new Set([...names].flatMap((name) => set.find((plugin) => plugin.name === name)?.needs ?? []));
  return set.some(({ name }) => {
    let reached = needsOf([name]);
    for (let step = 0; step < set.length && !reached.has(name); step++) reached = reached.union(needsOf(reached));
    return reached.has(name);
  });
}
