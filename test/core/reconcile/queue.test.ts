// The queue against a naive one, and the ways in which queues lose or double work.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import type { Ref } from '../../../core/model/ref.ts';
import { PRIORITIES, type Priority, Queue, STEP_MS } from '../../../core/reconcile/queue.ts';

interface HandClock extends Clock {
  time: number;
}
const handClock = (): HandClock => ({
  time: 1_000,
  now() {
    return this.time;
  },
  after: () => {
    throw new Error('the queue keeps no timers');
  },
});
const ref = (n: number | string): Ref => `t/${n}`;
const all = (queue: Queue): Ref[] => {
  const out: Ref[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) out.push(next);
  return out;
};

test('hands out what is due, soonest first, and says when the next is', () => {
  const clock = handClock();
  const queue = new Queue(clock);
  queue.wake(ref('late'), 50, 'config');
  queue.wake(ref('soon'), 10, 'config');
  expect(queue.take()).toBeUndefined();
  expect(queue.nextDue).toBe(1_010);
  clock.time = 1_050;
  expect(queue.nextDue).toBe(1_010);
  expect(all(queue)).toEqual([ref('soon'), ref('late')]);
  expect([queue.nextDue, queue.size, queue.held]).toEqual([undefined, 0, 2]);
});

test('one ref is never in two hands', () => {
  const queue = new Queue(handClock());
  queue.wake(ref('a'), 0, 'user');
  expect(queue.take()).toBe(ref('a'));
  queue.wake(ref('a'), 0, 'user');
  expect(queue.take()).toBeUndefined();
  queue.settle(ref('a'));
  expect(queue.take()).toBe(ref('a'));
});

test('a wake while held is not lost', () => {
  const clock = handClock();
  const queue = new Queue(clock);
  queue.wake(ref('a'), 0, 'config');
  queue.take();
  queue.wake(ref('a'), 500, 'resync');
  queue.wake(ref('a'), 30, 'resync');
  queue.settle(ref('a'));
  expect(queue.nextDue).toBe(1_030);
});

test('a later wake does not put off an earlier one, nor a lower priority lower it', () => {
  const clock = handClock();
  const queue = new Queue(clock);
  queue.wake(ref('a'), 10, 'user');
  queue.wake(ref('a'), 60_000, 'boot');
  queue.wake(ref('b'), 5, 'config');
  expect([queue.size, queue.nextDue]).toEqual([2, 1_005]);
  clock.time = 1_010;
  expect(all(queue)).toEqual([ref('a'), ref('b')]);
});

test('priority decides among what is due together', () => {
  const clock = handClock();
  const queue = new Queue(clock);
  for (const priority of PRIORITIES.toReversed()) queue.wake(ref(priority), 0, priority);
  expect(all(queue)).toEqual(PRIORITIES.map(ref));
});

test('nothing starves: a boot look goes ahead of users who come four steps later', () => {
  const clock = handClock();
  const queue = new Queue(clock);
  queue.wake(ref('old'), 0, 'boot');
  let waited = 0;
  for (let n = 0; n < 1_000; n++) {
    queue.wake(ref(n), 0, 'user');
    const taken = queue.take()!;
    if (taken === ref('old')) break;
    queue.settle(taken);
    clock.time += 100;
    waited += 100;
  }
  expect(waited).toBe(4 * STEP_MS);
});

test('drop forgets all wakes, and a holder still settles', () => {
  const queue = new Queue(handClock());
  queue.wake(ref('a'), 0, 'user');
  queue.wake(ref('b'), 0, 'user');
  queue.drop(ref('a'));
  expect(queue.take()).toBe(ref('b'));
  queue.wake(ref('b'), 0, 'user');
  queue.drop(ref('b'));
  queue.settle(ref('b'));
  queue.drop(ref('nobody'));
  queue.settle(ref('nobody'));
  expect([queue.take(), queue.size, queue.held]).toEqual([undefined, 0, 0]);
});

test('a system clock that is set back delays nothing by more than what has passed unseen', () => {
  const clock = handClock();
  const queue = new Queue(clock);
  queue.wake(ref('a'), 60, 'config');
  clock.time -= 3_600_000;
  expect(queue.nextDue).toBe(clock.time + 60);
  clock.time += 60;
  expect(queue.take()).toBe(ref('a'));
});

test('odd times are taken as now, and for ever as never', () => {
  const queue = new Queue(handClock());
  queue.wake(ref('a'), Number.NaN, 'config');
  queue.wake(ref('b'), -5, 'config');
  queue.wake(ref('c'), Infinity, 'config');
  expect(all(queue)).toEqual([ref('a'), ref('b')]);
  expect(queue.size).toBe(0);
});

/** The obvious queue: lists walked from end to end. */
class NaiveQueue {
  now = 1_000;
  waiting: { ref: Ref; due: number; rank: number; order: number }[] = [];
  held = new Map<Ref, { due: number; rank: number }[]>();
  order = 0;

  wake(one: Ref, inMs: number, priority: Priority): void {
    this.add(one, { due: this.now + inMs, rank: PRIORITIES.indexOf(priority) });
  }
  add(one: Ref, wish: { due: number; rank: number }): void {
    if (this.held.has(one)) return void this.held.get(one)!.push(wish);
    const known = this.waiting.find(({ ref }) => ref === one);
    if (known === undefined) return void this.waiting.push({ ref: one, order: this.order++, ...wish });
    known.due = Math.min(known.due, wish.due);
    known.rank = Math.min(known.rank, wish.rank);
  }
  take(): Ref | undefined {
    const turn = ({ due, rank }: { due: number; rank: number }) => due - this.now + rank * STEP_MS;
    const [first] = this.waiting
      .filter(({ due }) => due <= this.now)
      .sort((a, b) => turn(a) - turn(b) || a.due - b.due || a.order - b.order);
    if (first === undefined) return undefined;
    this.waiting = this.waiting.filter((one) => one !== first);
    this.held.set(first.ref, []);
    return first.ref;
  }
  settle(one: Ref): void {
    const wishes = this.held.get(one) ?? [];
    this.held.delete(one);
    for (const wish of wishes) this.add(one, wish);
  }
  drop(one: Ref): void {
    this.waiting = this.waiting.filter(({ ref }) => ref !== one);
    if (this.held.has(one)) this.held.set(one, []);
  }
}

const key = fc.integer({ min: 0, max: 11 }).map(ref);
const priority = fc.constantFrom(...PRIORITIES);
const inMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 }));
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
const step = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('wake' as const), key, inMs, priority) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('take' as const)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('settle' as const), key) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('pass' as const), fc.integer({ min: 1, max: 4_000 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('drop' as const), key) },
);

interface Pair {
  readonly clock: HandClock;
  readonly queue: Queue;
  readonly naive: NaiveQueue;
}

/** Does one step to both queues; what `take` handed out of each. */
function both({ clock, queue, naive }: Pair, [name, ...args]: Step): readonly [Ref | undefined, Ref | undefined] {
  if (name === 'take') return [queue.take(), naive.take()];
  if (name === 'pass') naive.now = clock.time += args[0] as number;
  else if (name === 'wake') {
    queue.wake(...(args as [Ref, number, Priority]));
    naive.wake(...(args as [Ref, number, Priority]));
  } else {
    queue[name](args[0] as Ref);
    naive[name](args[0] as Ref);
  }
  return [undefined, undefined];
}

test('property: long histories agree with the naive queue, step by step', () => {
  const seen = { steps: 0, taken: 0, heldWakes: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 200, maxLength: 500, size: 'max' }), (steps) => {
      const clock = handClock();
      const pair = { clock, queue: new Queue(clock), naive: new NaiveQueue() };
      const { queue, naive } = pair;
      for (const one of steps) {
        seen.steps++;
        if (one[0] === 'wake' && naive.held.has(one[1])) seen.heldWakes++;
        const [taken, expected] = both(pair, one);
        expect(taken).toBe(expected);
        if (taken !== undefined) seen.taken++;
        expect([queue.size, queue.held]).toEqual([naive.waiting.length, naive.held.size]);
        const atOnce = (due: number): number => Math.max(due, clock.time);
        expect(atOnce(queue.nextDue ?? Infinity)).toBe(atOnce(Math.min(...naive.waiting.map(({ due }) => due))));
      }
    }),
    { numRuns: 100 },
  );
  expect(seen.taken).toBeGreaterThan(2_000);
  expect(seen.heldWakes).toBeGreaterThan(500);
  console.log(`queue: ${seen.steps} steps, ${seen.taken} taken, ${seen.heldWakes} wakes while held`);
});
