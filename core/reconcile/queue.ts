// Which refs want a look, when, and in whose name. Knows keys and times only; nothing else in Realm keeps a schedule.
//
//   wake --> later --(due)--> ready --take--> held --settle--> gone
//                                              |  wake while held: remembered, back to `later` at settle
import type { Clock } from '../clock.ts';
import type { Ref } from '../model/ref.ts';
import { Heap, type HeapNode } from './heap.ts';

/** In whose name a look is asked for; given by the kernel, the first goes first. */
export const PRIORITIES = ['user', 'drift', 'config', 'resync', 'boot'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What a step of priority is worth: due this much earlier beats one step higher. So nothing waits for ever. */
export const STEP_MS = 2_000;

/** A time and a rank; smaller is sooner and higher. */
interface Wish {
  readonly due: number;
  readonly rank: number;
}

interface Node extends HeapNode {
  readonly ref: Ref;
  readonly order: number;
  wish: Wish;
}

const dueFirst = (a: Node, b: Node): boolean =>
  a.wish.due === b.wish.due ? a.order < b.order : a.wish.due < b.wish.due;

/** Everything that is due ages alike, so the order never changes while members wait: no walk over the heap is needed. */
const turnOf = ({ wish }: Node): number => wish.due + wish.rank * STEP_MS;
const turnFirst = (a: Node, b: Node): boolean => (turnOf(a) === turnOf(b) ? dueFirst(a, b) : turnOf(a) < turnOf(b));

export class Queue {
  readonly #clock: Clock;
  readonly #nodes = new Map<Ref, Node>();
  readonly #later = new Heap<Node>(dueFirst);
  readonly #ready = new Heap<Node>(turnFirst);
  /** Refs in somebody's hands, with what was asked for meanwhile. */
  readonly #held = new Map<Ref, Wish | undefined>();
  #order = 0;
  /** Added to the clock, so that the queue's own time never runs backwards when the system's does. */
  #lead = 0;
  #latest = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Refs that wait for their turn. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Refs that were taken and not settled. */
  get held(): number {
    return this.#held.size;
  }

  /** When `take` next has something, ms since the epoch; not in the future when it has now; undefined: not without a wake. */
  get nextDue(): number | undefined {
    this.#time();
    const next = this.#ready.peek() ?? this.#later.peek();
    return next === undefined ? undefined : next.wish.due - this.#lead;
  }

  /**
   * Asks for a look `inMs` from now (0 or less: at once; Infinity: never). Wakes of one ref merge: the earliest time and
   * the highest priority count. While the ref is held the wake is kept for after.
   */
  wake(ref: Ref, inMs: number, priority: Priority): void {
    if (inMs === Infinity) return;
    const wish: Wish = { due: this.#time() + (inMs > 0 ? inMs : 0), rank: PRIORITIES.indexOf(priority) };
    if (this.#held.has(ref)) this.#held.set(ref, merged(this.#held.get(ref), wish));
    else this.#want(ref, wish);
  }

  /** Hands out the due ref whose turn it is, to one holder until `settle`; undefined when none is due. */
  take(): Ref | undefined {
    const now = this.#time();
    for (let next = this.#later.peek(); next !== undefined && next.wish.due <= now; next = this.#later.peek()) {
      this.#later.remove(next);
      this.#ready.push(next);
    }
    const node = this.#ready.pop();
    if (node === undefined) return undefined;
    this.#nodes.delete(node.ref);
    this.#held.set(node.ref, undefined);
    return node.ref;
  }

  /** Gives a taken ref back. Settling what nobody holds changes nothing. */
  settle(ref: Ref): void {
    const wish = this.#held.get(ref);
    this.#held.delete(ref);
    if (wish !== undefined) this.#want(ref, wish);
  }

  /** Forgets every wake of the ref. A holder still has to settle it. */
  drop(ref: Ref): void {
    if (this.#held.has(ref)) this.#held.set(ref, undefined);
    const node = this.#nodes.get(ref);
    if (node !== undefined) this.#takeOut(node);
  }

  #want(ref: Ref, wish: Wish): void {
    const known = this.#nodes.get(ref);
    if (known !== undefined) this.#takeOut(known);
    const node: Node = { ref, place: -1, order: known?.order ?? this.#order++, wish: merged(known?.wish, wish) };
    this.#nodes.set(ref, node);
    this.#later.push(node);
  }

  #takeOut(node: Node): void {
    this.#nodes.delete(node.ref);
    (this.#later.has(node) ? this.#later : this.#ready).remove(node);
  }

  #time(): number {
    const now = this.#clock.now() + this.#lead;
    if (now < this.#latest) this.#lead += this.#latest - now;
    this.#latest = Math.max(now, this.#latest);
    return this.#latest;
  }
}

function merged(a: Wish | undefined, b: Wish): Wish {
  return a === undefined ? b : { due: Math.min(a.due, b.due), rank: Math.min(a.rank, b.rank) };
}
