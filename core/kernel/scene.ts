// One loaded realm with its store: what looking and acting share. Finds what a ref means now.
import { resourceOf, type Wanted, wantedOf } from '../reconcile/desired.ts';
import type { Resource } from '../contract/kind.ts';
import type { KindEntry } from '../registry/registry.ts';
import type { Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import type { OverrideRow } from '../store/overrides.ts';
import type { ResourceRow } from '../store/resources.ts';
import type { Store } from '../store/store.ts';
import type { Loaded } from './load.ts';
import type { World } from './world.ts';

export class Scene {
  readonly loaded: Loaded;
  readonly store: Store;
  readonly world: World;

  constructor(loaded: Loaded, store: Store, world: World) {
    this.loaded = loaded;
    this.store = store;
    this.world = world;
  }

  kindOf = (kind: string): KindEntry | undefined => this.loaded.registry.kindsByName.get(kind);

  find(ref: Ref): Wanted | undefined {
    const declared = this.loaded.declaration.resources.get(ref);
    if (declared === undefined) return undefined;
    return wantedOf(declared, this.rowOf(declared), this.kindOf, this.overridesOf(ref));
  }

  /** The stored row, or what it would be if the declaration were taken over now. */
  rowOf(declared: Declared): ResourceRow {
    const stored = this.store.resources.get(declared.ref) ?? this.#renamed(declared);
    if (stored === undefined) return freshRow(declared);
    if (stored.specHash === declared.specHash) return stored;
    return { ...stored, specHash: declared.specHash, generation: stored.generation + 1 };
  }

  #renamed({ was, kind, ref }: Declared): ResourceRow | undefined {
    if (was === undefined) return undefined;
    const row = this.store.resources.get(`${kind}/${was}`);
    return row && { ...row, ref };
  }

  /** Rows of things that are no longer declared, renamed ones aside. */
  undeclared(): ResourceRow[] {
    const { resources } = this.loaded.declaration;
    const renamed = new Set<string>();
    for (const { kind, was, ref } of resources.values())
      if (was !== undefined && this.store.resources.get(ref) === undefined) renamed.add(`${kind}/${was}`);
    return this.store.resources.all().filter(({ ref }) => !resources.has(ref) && !renamed.has(ref));
  }

  overridesOf(ref: Ref): OverrideRow[] {
    const now = this.world.clock.now();
    return this.store.overrides.all(ref).filter(({ until }) => until === null || until > now);
  }

  isReady(ref: Ref): boolean {
    const row = this.store.resources.get(ref);
    return row !== undefined && row.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  waitsFor(ref: Ref): Ref[] {
    return (this.loaded.declaration.resources.get(ref)?.after ?? []).filter((other) => !this.isReady(other));
  }

  dependents(ref: Ref): Ref[] {
    return (this.#comesAfter ??= this.#index()).get(ref) ?? [];
  }
  #comesAfter: Map<Ref, Ref[]> | undefined;
  #index(): Map<Ref, Ref[]> {
    const index = new Map<Ref, Ref[]>();
    for (const { ref, after } of this.loaded.declaration.resources.values()) {
      for (const other of after) index.set(other, [...(index.get(other) ?? []), ref]);
    }
    return index;
  }

  resources(kind: string): Resource[] {
    return [...this.loaded.declaration.resources.values()]
      .filter((declared) => declared.kind === kind)
      .map((declared) => resourceOf(declared, this.rowOf(declared).generation));
  }
}

function freshRow({ ref, kind, specHash, owner }: Declared): ResourceRow {
  return {
    ref,
    kind,
    generation: 1,
    observedGeneration: 0,
    specHash,
    lastSpec: null,
    lastHash: null,
    lastAppliedAt: null,
    conditions: [],
    attempts: 0,
    intent: null,
    held: null,
    owner: owner ?? null,
    nextLookAt: null,
  };
}
