// Who comes after whom: one order to apply, the reverse to remove, cycles by name. Linear, and never recursive.
import type { Ref } from './ref.ts';

/** A cycle and its length are one line in a message; nobody reads more of them than this. */
const MOST_CYCLES = 100;

export interface Graph {
  /** Every ref, each after all it comes after; where `after` leaves a choice, as given. */
  readonly order: readonly Ref[];
  /** The reverse: what comes after something goes before it. */
  readonly removalOrder: readonly Ref[];
  /** Those of the first tier wait for nobody; those of each next one only for earlier tiers. */
  readonly tiers: readonly (readonly Ref[])[];
  /** Each as `[a, b, c]` for a after b after c after a; no two alike, at most 100. Refs in a cycle still stand in `order`. */
  readonly cycles: readonly (readonly Ref[])[];
  /** What this ref comes after, directly. */
  after(ref: Ref): readonly Ref[];
  /** Who comes after this ref, directly. */
  dependents(ref: Ref): readonly Ref[];
  /** What this ref comes after and is not ready; refs that nobody declares count by `isReady` alone. */
  blockedBy(ref: Ref, isReady: (ref: Ref) => boolean): readonly Ref[];
  /** The given refs and all that they come after, near or far, in `order`. */
  needs(refs: Iterable<Ref>): readonly Ref[];
}

type Nodes = ReadonlyMap<Ref, { readonly after: readonly Ref[] }>;

/** `nodes` may name refs that it does not hold: they order nothing. */
export function graphOf(nodes: Nodes): Graph {
  const edges = new Map([...nodes].map(([ref, { after }]) => [ref, [...new Set(after)]] as const));
  const after = (ref: Ref): readonly Ref[] => edges.get(ref) ?? [];
  const known = (ref: Ref): readonly Ref[] => after(ref).filter((other) => edges.has(other));
  const { order, cycles } = walk([...edges.keys()], known);
  const dependents = reversed(edges);
  return {
    order,
    removalOrder: order.toReversed(),
    tiers: tiersOf(order, known),
    cycles,
    after,
    dependents: (ref) => dependents.get(ref) ?? [],
    blockedBy: (ref, isReady) => after(ref).filter((other) => !isReady(other)),
    needs: (refs) => {
      const needed = needsOf(refs, known);
      return order.filter((ref) => needed.has(ref));
    },
  };
}

/** The given refs and everything they come after, near or far. */
export function needsOf(refs: Iterable<Ref>, after: (ref: Ref) => readonly Ref[]): Set<Ref> {
  const needed = new Set(refs);
  // A set hands out what is added while it is walked.
  for (const ref of needed) for (const other of after(ref)) needed.add(other);
  return needed;
}

interface Visit {
  readonly ref: Ref;
  readonly after: readonly Ref[];
  next: number;
}

/** Depth first: a ref is written down once all it comes after is; meeting one that is still open closes a cycle. */
function walk(refs: readonly Ref[], after: (ref: Ref) => readonly Ref[]): { order: Ref[]; cycles: Ref[][] } {
  const order: Ref[] = [];
  const cycles: Ref[][] = [];
  const depth = new Map<Ref, number>(); // place on the path while open, -1 once written down
  const path: Visit[] = [];
  const enter = (ref: Ref): void => {
    depth.set(ref, path.length);
    path.push({ ref, after: after(ref), next: 0 });
  };
  for (const start of refs) {
    if (depth.has(start)) continue;
    enter(start);
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const other = visit.after[visit.next++];
      if (other === undefined) {
        path.pop();
        depth.set(visit.ref, -1);
        order.push(visit.ref);
      } else if (!depth.has(other)) enter(other);
      else if (depth.get(other)! >= 0 && cycles.length < MOST_CYCLES) {
        cycles.push(path.slice(depth.get(other)).map(({ ref }) => ref));
      }
    }
  }
  return { order, cycles };
}

function tiersOf(order: readonly Ref[], after: (ref: Ref) => readonly Ref[]): Ref[][] {
  const tierOf = new Map<Ref, number>();
  const tiers: Ref[][] = [];
  for (const ref of order) {
    // In a cycle some ref comes before what it comes after; that edge then counts for nothing.
    const tier = after(ref).reduce((most, other) => Math.max(most, (tierOf.get(other) ?? -1) + 1), 0);
    tierOf.set(ref, tier);
    (tiers[tier] ??= []).push(ref);
  }
  return tiers;
}

function reversed(edges: ReadonlyMap<Ref, readonly Ref[]>): Map<Ref, Ref[]> {
  const dependents = new Map<Ref, Ref[]>();
  for (const [ref, after] of edges) {
    for (const other of after) {
      const list = dependents.get(other);
      if (list === undefined) dependents.set(other, [ref]);
      else list.push(ref);
    }
  }
  return dependents;
}
