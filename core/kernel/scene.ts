// One loaded realm with its store: what looking and acting share. Finds what a ref means now.
import type { SourceView } from '../api/door.ts';
import { hashesOf } from '../config/environment.ts';
import type { Edge, Kind, Resource } from '../contract/kind.ts';
import type { Declared } from '../model/declaration.ts';
import type { StandingCondition } from '../model/conditions.ts';
import { awaitedBy, type Dependent, dependentsOf } from '../model/edge.ts';
import type { Ref } from '../model/ref.ts';
import { identityOf, resourceOf, type Wanted, wantedOf } from '../reconcile/desired.ts';
import { fateOf } from '../reconcile/fate.ts';
import { Rows } from '../reconcile/rows.ts';
import type { KindEntry } from '../registry/registry.ts';
import type { OverrideRow } from '../store/overrides.ts';
import { FRESH_ROW, type ResourceRow } from '../store/resources.ts';
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
  #comesAfter: ReadonlyMap<Ref, readonly Dependent[]> | undefined;
  #byKind: Map<string, Declared[]> | undefined;
  readonly #generations = new Map<Ref, number>();
  readonly #owners = new Map<string, Map<string, Ref[]>>();

  constructor(loaded: Loaded, store: Store, world: World) {
    this.loaded = loaded;
    this.store = store;
    this.world = world;
    this.rows = new Rows(store);
  }

  kindOf = (kind: string): KindEntry | undefined => this.loaded.registry.kindsByName.get(kind);

  /** What this realm was read from, for whoever wonders whether another process would read the same. */
  sourceView(): SourceView {
    const { file, profile = null, env } = this.loaded.source;
    const salt = this.world.random.id();
    return {
      version: 1,
      file,
      profile,
      host: this.world.env['REALM_HOST'] || null,
      salt,
      env: hashesOf(env, this.world.env, salt),
    };
  }

  find(ref: Ref, overrides: readonly OverrideRow[] = this.store.overrides.all(ref)): Wanted | undefined {
    const declared = this.loaded.declaration.resources.get(ref);
    return declared && this.#wanted(declared, this.rows.get(ref), overrides);
  }

  /** A `find` for many refs: the store is asked twice, not twice for each, and answers as it stood then. */
  finder(): (ref: Ref) => Wanted | undefined {
    const rows = new Map(this.rows.all().map((row) => [row.ref, row]));
    const overrides = Map.groupBy(this.store.overrides.all(), ({ ref }) => ref);
    return (ref) => {
      const declared = this.loaded.declaration.resources.get(ref);
      return declared && this.#wanted(declared, rows.get(ref), overrides.get(ref) ?? []);
    };
  }

  #wanted(declared: Declared, stored: ResourceRow | undefined, overrides: readonly OverrideRow[]): Wanted {
    return wantedOf(declared, {
      row: this.rowOf(declared, stored),
      kindOf: this.kindOf,
      overrides: this.#inForce(overrides),
      locked: this.loaded.declaration.realm.locked,
      awaited: awaitedBy(this.#dependents.get(declared.ref)),
    });
  }

  /** The stored row, or what it would be if the declaration were taken over now. */
  rowOf(declared: Declared, known = this.rows.get(declared.ref)): ResourceRow {
    const stored = known ?? this.#renamed(declared);
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
    return this.#inForce(this.store.overrides.all(ref));
  }

  #inForce(overrides: readonly OverrideRow[]): OverrideRow[] {
    const now = this.world.clock.now();
    return overrides.filter(({ until }) => until === null || until > now);
  }

  /** As they stood after the last pass; none of what is not known. */
  conditions(ref: Ref): readonly StandingCondition[] {
    return this.rows.get(ref)?.conditions ?? [];
  }

  /** As it is declared now: what was so before an edit of it says nothing. What is ready has started. */
  #isMet({ ref, until }: Edge): boolean {
    const row = this.rows.get(ref);
    if (row === undefined || row.observedGeneration !== row.generation) return false;
    const statusOf = (wanted: string): string | undefined => row.conditions.find(({ type }) => type === wanted)?.status;
    return (statusOf(until) ?? (until === 'Started' ? statusOf('Ready') : undefined)) === 'True';
  }

  /** `isUnseen`: what is about to be looked at. Its row may be of a life before, in which much may have died since. */
  waitsFor(ref: Ref, isUnseen: (ref: Ref) => boolean = () => false): Edge[] {
    const edges = this.loaded.declaration.resources.get(ref)?.after ?? [];
    return edges.filter((edge) => isUnseen(edge.ref) || !this.#isMet(edge));
  }

  dependents(ref: Ref): Ref[] {
    return (this.#dependents.get(ref) ?? []).map((dependent) => dependent.ref);
  }

  get #dependents(): ReadonlyMap<Ref, readonly Dependent[]> {
    return (this.#comesAfter ??= dependentsOf(this.loaded.declaration.resources.values()));
  }

  resources(kind: string): Resource[] {
    const all = this.store.overrides.all();
    const overrides = all.length === 0 ? undefined : Map.groupBy(all, ({ ref }) => ref);
    const own: readonly string[] = this.kindOf(kind)?.kind.overrides ?? [];
    return this.#declaredOf(kind).map((declared) => {
      const words = this.#inForce(overrides?.get(declared.ref) ?? []);
      return resourceOf(declared, this.#generationOf(declared), {
        overrides: words.filter(({ effect }) => own.includes(effect)),
        held: words.find(({ effect }) => !own.includes(effect)),
        awaited: awaitedBy(this.#dependents.get(declared.ref)),
      });
    });
  }

  /** It stands as long as the declaration does; plugins list their resources each second, and rows are long. */
  #generationOf(declared: Declared): number {
    const known = this.#generations.get(declared.ref);
    if (known !== undefined) return known;
    const { generation } = this.rowOf(declared);
    this.#generations.set(declared.ref, generation);
    return generation;
  }

  #declaredOf(kind: string): readonly Declared[] {
    this.#byKind ??= Map.groupBy(this.loaded.declaration.resources.values(), (declared) => declared.kind);
    return this.#byKind.get(kind) ?? [];
  }
}

const freshRow = ({ ref, kind, specHash, owner }: Declared): ResourceRow => ({
  ...FRESH_ROW,
  ref,
  kind,
  specHash,
  owner: owner ?? null,
});
