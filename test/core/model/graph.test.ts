// Orders, tiers, cycles and closures against a naive answer.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { graphOf, needsOf } from '../../../core/model/graph.ts';
import type { Ref } from '../../../core/model/ref.ts';

const ref = (name: string | number): Ref => `t/${name}`;
const graph = (edges: Record<string, readonly string[]>) =>
  graphOf(new Map(Object.entries(edges).map(([name, after]) => [ref(name), { after: after.map(ref) }])));
const names = (refs: readonly Ref[]): string => refs.map((one) => one.slice(2)).join(' ');

test('an order that already fits is kept; else what is needed comes just before', () => {
  expect(names(graph({ a: [], b: ['a'], c: [], d: ['b'] }).order)).toBe('a b c d');
  expect(names(graph({ web: ['db', 'cache'], db: [], cache: ['net'], net: [] }).order)).toBe('db net cache web');
  expect(names(graph({ web: ['db'], db: [] }).removalOrder)).toBe('web db');
});

test('tiers, dependents, what blocks', () => {
  const it = graph({ web: ['db', 'cache'], db: ['net'], cache: [], net: [], late: ['gone'] });
  expect(it.tiers.map(names)).toEqual(['net cache late', 'db', 'web']);
  expect(names(it.dependents(ref('net')))).toBe('db');
  expect(names(it.blockedBy(ref('web'), (one) => one === ref('db')))).toBe('cache');
  expect(names(it.blockedBy(ref('late'), () => false))).toBe('gone');
  expect(it.after(ref('nobody'))).toEqual([]);
});

test('a target pulls in all it comes after, and nothing else', () => {
  const it = graph({ web: ['db'], db: ['net'], net: [], other: ['net'] });
  expect(names(it.needs([ref('web')]))).toBe('net db web');
  expect(it.needs([])).toEqual([]);
});

test('each cycle is named in full, once', () => {
  const it = graph({ a: ['b'], b: ['c'], c: ['a', 'd'], d: ['e'], e: ['d'], self: ['self'], free: [] });
  expect(it.cycles.map(names)).toEqual(['a b c', 'd e', 'self']);
  expect(it.order.length).toBe(7);
});

test('chains of 100,000 do not overflow the stack', () => {
  const long = new Map(Array.from({ length: 100_000 }, (_, i) => [ref(i), { after: i > 0 ? [ref(i - 1)] : [] }]));
  const back = new Map([...long].toReversed());
  const it = graphOf(back);
  expect(it.order[0]).toBe(ref(0));
  expect(it.tiers.length).toBe(100_000);
  expect(it.needs([ref(99_999)]).length).toBe(100_000);
  back.set(ref(0), { after: [ref(99_999)] });
  expect(graphOf(back).cycles.map(({ length }) => length)).toEqual([100_000]);
});

test('every edge of a dense graph is followed once', () => {
  const asked = new Map<Ref, number>();
  const all = Array.from({ length: 300 }, (_, i) => ref(i));
  const needed = needsOf(all, (one) => {
    asked.set(one, (asked.get(one) ?? 0) + 1);
    return all;
  });
  expect(needed.size).toBe(300);
  expect(Math.max(...asked.values())).toBe(1);
});

/** Reachability the slow and obvious way. */
function closure(edges: readonly (readonly number[])[]): boolean[][] {
  const size = edges.length;
  const can = edges.map((after) => Array.from({ length: size }, (_, j) => after.includes(j)));
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) can[i]![j] ||= can[i]![k]! && can[k]![j]!;
  }
  return can;
}

const edgesOf = fc
  .integer({ min: 1, max: 14 })
  .chain((size) =>
    fc.array(fc.array(fc.integer({ min: 0, max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size }),
  );
/** Mostly without cycles: an edge leads to a smaller number, and the numbers are then shuffled. */
const acyclicOf = edgesOf.chain((edges) =>
  fc
    .shuffledSubarray(
      edges.map((_, i) => i),
      { minLength: edges.length },
    )
    .map((place) => {
      const moved: number[][] = edges.map(() => []);
      for (const [i, after] of edges.entries()) moved[place[i]!] = after.filter((j) => j < i).map((j) => place[j]!);
      return moved;
    }),
);

test('property: order, tiers, cycles and closures agree with the naive answer', () => {
  const seen = { acyclic: 0, cyclic: 0 };
  fc.assert(
    fc.property(fc.oneof(acyclicOf, edgesOf), (edges) => {
      const it = graphOf(new Map(edges.map((after, i) => [ref(i), { after: after.map(ref) }])));
      const can = closure(edges);
      const at = new Map(it.order.map((one, place) => [one, place]));
      expect([...it.order].sort()).toEqual(edges.map((_, i) => ref(i)).sort());
      expect(it.tiers.flat().length).toBe(edges.length);
      for (const [i] of edges.entries()) {
        const reach = edges.flatMap((_, j) => (can[i]![j] || i === j ? [ref(j)] : []));
        expect([...it.needs([ref(i)])].sort()).toEqual(reach.sort());
        expect([...it.dependents(ref(i))].sort()).toEqual(
          edges.flatMap((after, j) => (after.includes(i) ? [ref(j)] : [])).sort(),
        );
      }
      const hasCycle = edges.some((_, i) => can[i]![i]);
      seen[hasCycle ? 'cyclic' : 'acyclic']++;
      expect(it.cycles.length > 0).toBe(hasCycle);
      const number = (one: Ref): number => Number(one.slice(2));
      for (const cycle of it.cycles) {
        expect(new Set(cycle).size).toBe(cycle.length);
        for (const [k, one] of cycle.entries()) {
          expect(edges[number(one)]).toContain(number(cycle[(k + 1) % cycle.length]!));
        }
      }
      expect(new Set(it.cycles.map((cycle) => cycle.join())).size).toBe(it.cycles.length);
      const closing = new Set(it.cycles.map((cycle) => `${cycle.at(-1)} ${cycle[0]}`));
      for (const [i, after] of edges.entries()) {
        for (const j of after) {
          const isKept = at.get(ref(j))! < at.get(ref(i))!;
          expect(isKept || closing.has(`${ref(i)} ${ref(j)}`)).toBe(true);
        }
      }
      if (hasCycle) return;
      const depth = (i: number): number => Math.max(0, ...edges[i]!.map((j) => depth(j) + 1));
      for (const [tier, refs] of it.tiers.entries()) for (const one of refs) expect(depth(number(one))).toBe(tier);
    }),
    { numRuns: 1_500 },
  );
  expect(seen.acyclic).toBeGreaterThan(300);
  expect(seen.cyclic).toBeGreaterThan(300);
  console.log(`graph: ${seen.acyclic} graphs without, ${seen.cyclic} with cycles`);
});
