// One loaded realm with its store: what looking and acting share. Finds what a ref means now.
import type { Kind, Resource } from '../contract/kind.ts';
import type { Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { identityOf, type Wanted, wantedOf } from '../reconcile/desired.ts';
import { fateOf } from '../reconcile/remove.ts';
import { Rows } from '../reconcile/rows.ts';
import type { KindEntry } from '../registry/registry.ts';
import type { OverrideRow } from '../store/overrides.ts';
import type { ResourceRow } from '../store/resources.ts';
import type { Store } from '../store/store.ts';
import type { Loaded } from './load.ts';
import { Undeclared } from './undeclared.ts';
import type { World } from './world.ts';

export class Scene {
  readonly loaded: Loaded;
  readonly store: Store;
  readonly world: World;
  readonly rows: Rows;
  #gone: Undeclared | undefined;
  #removable: Set<Ref> | undefined;
  #comesAfter: Map<Ref, Ref[]> | undefined;
  #byKind: Map<string, Declared[]> | undefined;
  readonly #owners = new Map<string, Map<string, Ref[]>>();

  constructor(loaded: Loaded, store: Store, world: World) {
    this.loaded = loaded;
    this.store = store;
    this.world = world;
    this.rows = new Rows(store);
  }

  kindOf = (kind: string): KindEntry | undefined => this.loaded.registry.kindsByName.get(kind);

  find(ref: Ref): Wanted | undefined {
    const declared = this.loaded.declaration.resources.get(ref);
    if (declared === undefined) return undefined;
    return wantedOf(declared, {
      row: this.rowOf(declared),
      kindOf: this.kindOf,
      overrides: this.overridesOf(ref),
      locked: this.loaded.declaration.realm.locked,
    });
  }

  /** The stored row, or what it would be if the declaration were taken over now. */
  rowOf(declared: Declared): ResourceRow {
    const stored = this.rows.get(declared.ref) ?? this.#renamed(declared);
    if (stored === undefined) return freshRow(declared);
    if (stored.specHash === declared.specHash) return stored;
    return { ...stored, specHash: declared.specHash, generation: stored.generation + 1 };
  }

  #renamed({ was, kind, ref }: Declared): ResourceRow | undefined {
    if (was === undefined) return undefined;
    const row = this.rows.get(`${kind}/${was}`);
    return row && { ...row, ref };
  }

  /** Things that are no longer declared, renamed ones aside. */
  get gone(): Undeclared {
    return (this.#gone ??= new Undeclared(this.loaded.declaration, this.store));
  }

  /** Of what is no longer declared: the refs of which something would be taken away. */
  get removable(): ReadonlySet<Ref> {
    return (this.#removable ??= new Set(
      this.undeclared().flatMap((row) => (fateOf(row, this).type === 'remove' ? row.ref : [])),
    ));
  }

  /** The row of something that is no longer declared is gone. Answers who may want to go now. */
  forgotten(ref: Ref): Ref[] {
    this.#removable?.delete(ref);
    return this.gone.forgotten(ref);
  }

  /** The rows of what is no longer declared. */
  undeclared(): ResourceRow[] {
    return [...this.gone.refs].flatMap((ref) => this.rows.get(ref) ?? []);
  }

  /** The declared resource, other than `ref`, that is the very thing which `spec` means. */
  heirOf = (kind: Kind, spec: unknown, ref: Ref): Ref | undefined => {
    if (kind.identity === undefined || kind.identity.length === 0) return undefined;
    let owners = this.#owners.get(kind.name);
    if (owners === undefined) {
      owners = new Map();
      for (const declared of this.#declaredOf(kind.name)) {
        const identity = identityOf(kind, declared.spec);
        const refs = owners.get(identity);
        if (refs === undefined) owners.set(identity, [declared.ref]);
        else refs.push(declared.ref);
      }
      this.#owners.set(kind.name, owners);
    }
    return owners.get(identityOf(kind, spec))?.find((other) => other !== ref);
  };

  overridesOf(ref: Ref): OverrideRow[] {
    const now = this.world.clock.now();
    return this.store.overrides.all(ref).filter(({ until }) => until === null || until > now);
  }

  /** As it is declared now: what was ready before an edit of it says nothing. */
  isReady(ref: Ref): boolean {
    const row = this.rows.get(ref);
    if (row === undefined || row.observedGeneration !== row.generation) return false;
    return row.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  }

  waitsFor(ref: Ref): Ref[] {
    return (this.loaded.declaration.resources.get(ref)?.after ?? []).filter((other) => !this.isReady(other));
  }

  dependents(ref: Ref): Ref[] {
    if (this.#comesAfter === undefined) {
      this.#comesAfter = new Map();
      for (const { ref: one, after } of this.loaded.declaration.resources.values()) {
        for (const other of after) {
          const list = this.#comesAfter.get(other);
          if (list === undefined) this.#comesAfter.set(other, [one]);
          else list.push(one);
        }
      }
    }
    return this.#comesAfter.get(ref) ?? [];
  }

  resources(kind: string): Resource[] {
    return this.#declaredOf(kind).map(({ ref }) => this.find(ref)!.want);
  }

  #declaredOf(kind: string): readonly Declared[] {
    this.#byKind ??= Map.groupBy(this.loaded.declaration.resources.values(), (declared) => declared.kind);
    return this.#byKind.get(kind) ?? [];
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
