// What is remembered and no longer declared: which refs, and in which order they are removed. Worked out once for a declaration.
import type { Declaration } from '../model/declaration.ts';
import { graphOf } from '../model/graph.ts';
import type { Ref } from '../model/ref.ts';
import { appliedOf } from '../reconcile/desired.ts';
import type { Store } from '../store/store.ts';

export class Undeclared {
  readonly refs: ReadonlySet<Ref>;
  readonly #refs: Set<Ref>;
  readonly #store: Store;
  #waits: { readonly before: Map<Ref, Set<Ref>>; readonly freed: Map<Ref, Ref[]> } | undefined;

  constructor({ resources }: Declaration, store: Store) {
    this.#store = store;
    const remembered = store.resources.refs();
    const known = new Set(remembered);
    const renamed = new Set<Ref>(); // to be taken over under their new names
    for (const { kind, was, ref } of resources.values())
      if (was !== undefined && !known.has(ref)) renamed.add(`${kind}/${was}`);
    this.#refs = new Set(remembered.filter((ref) => !resources.has(ref) && !renamed.has(ref)));
    this.refs = this.#refs;
  }

  /** Those that came after this one and are still there: they go first. */
  before(ref: Ref): Ref[] {
    return [...(this.#order().before.get(ref) ?? [])];
  }

  /** Those that it came after and are still there: they go only when it has gone. */
  after(ref: Ref): readonly Ref[] {
    return this.#order().freed.get(ref) ?? [];
  }

  /** Answers who may want to go now. */
  forgotten(ref: Ref): Ref[] {
    if (!this.#refs.has(ref)) return [];
    const { before, freed } = this.#order();
    this.#refs.delete(ref);
    const next = freed.get(ref) ?? [];
    for (const other of next) before.get(other)?.delete(ref);
    return next.filter((other) => this.#refs.has(other));
  }

  #order(): { readonly before: Map<Ref, Set<Ref>>; readonly freed: Map<Ref, Ref[]> } {
    if (this.#waits !== undefined) return this.#waits;
    const nodes = new Map(
      [...this.#refs].map((ref) => {
        const row = this.#store.resources.get(ref);
        return [ref, { after: (row && appliedOf(row)?.after) ?? [] }] as const;
      }),
    );
    const { removalOrder, after } = graphOf(nodes);
    const turn = new Map(removalOrder.map((ref, index) => [ref, index]));
    const before = new Map<Ref, Set<Ref>>();
    const freed = new Map<Ref, Ref[]>();
    for (const ref of removalOrder) {
      // Of two that came after each other, at different times, the order decides: nobody waits in a circle.
      const next = after(ref).filter((other) => (turn.get(other) ?? -1) > turn.get(ref)!);
      freed.set(ref, next);
      for (const other of next) {
        const first = before.get(other) ?? new Set();
        before.set(other, first.add(ref));
      }
    }
    return (this.#waits = { before, freed });
  }
}
