// The heap: right order with members taken out of the middle, and never more than logarithmic work.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, type HeapNode } from '../../../core/reconcile/heap.ts';

interface Item extends HeapNode {
  readonly value: number;
}
const item = (value: number): Item => ({ value, place: -1 });
const heapOf = (): Heap<Item> => new Heap<Item>((a, b) => a.value < b.value);

test('property: what is left after removals comes out in order', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer(), { minLength: 20, maxLength: 200, size: 'max' }),
      fc.infiniteStream(fc.boolean()),
      (values, coins) => {
        const heap = heapOf();
        const items = values.map(item);
        for (const one of items) heap.push(one);
        const kept = items.filter((one) => {
          if (coins.next().value) return true;
          heap.remove(one);
          expect(heap.has(one)).toBe(false);
          return false;
        });
        expect(kept.every((one) => heap.has(one))).toBe(true);
        const out: number[] = [];
        for (let next = heap.pop(); next !== undefined; next = heap.pop()) out.push(next.value);
        expect(out).toEqual(kept.map(({ value }) => value).sort((a, b) => a - b));
      },
    ),
    { numRuns: 200 },
  );
});

test('10,000 members in and out cost fewer than 30 comparisons each', () => {
  let compared = 0;
  const heap = new Heap<Item>((a, b) => {
    compared++;
    return a.value < b.value;
  });
  for (let n = 0; n < 10_000; n++) heap.push(item((n * 7_919) % 10_007));
  while (heap.pop() !== undefined);
  expect(compared / 10_000).toBeLessThan(30);
});
