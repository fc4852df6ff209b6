// Takes a declaration over into the store: renames, generations, new rows, words about what is gone. Says what wants a look.
import type { Ref } from '../model/ref.ts';
import { countRemovals, rememberedBefore } from './brake.ts';
import type { Scene } from './scene.ts';

export interface Synced {
  readonly added: readonly Ref[];
  readonly changed: readonly Ref[];
  readonly undeclared: readonly Ref[];
}

/** One transaction. Throws STORE_FULL, and has then changed nothing. */
export function sync(scene: Scene): Synced {
  const { store, loaded, world } = scene;
  const added: Ref[] = [];
  const changed: Ref[] = [];
  world.crash('sync:before');
  store.transaction(() => {
    const before = rememberedBefore(store);
    rename(scene);
    const marks = store.resources.marks();
    for (const { ref, kind, specHash, owner } of loaded.declaration.resources.values()) {
      const row = marks.get(ref);
      if (row !== undefined && row.specHash === specHash && row.owner === (owner ?? null)) continue;
      const generation = row === undefined ? 1 : row.generation + (row.specHash === specHash ? 0 : 1);
      store.resources.put(ref, { kind, generation, specHash, owner: owner ?? null });
      if (row === undefined) added.push(ref);
      else changed.push(ref);
    }
    clearWords(scene);
    countRemovals(scene, before);
  });
  world.crash('sync:after');
  return { added, changed, undeclared: [...scene.gone.refs] };
}

/** A chain of renames is followed from its end: `b` becomes `c` before `a` becomes `b`. */
function rename({ store, loaded: { declaration } }: Scene): void {
  const waiting = [...declaration.resources.values()].filter(({ was }) => was !== undefined);
  for (let moved = true; moved;) {
    moved = false;
    for (const { ref, kind, was } of waiting) {
      const old: Ref = `${kind}/${was}`;
      if (store.resources.get(ref) !== undefined || store.resources.get(old) === undefined) continue;
      store.resources.rename(old, ref);
      moved = true;
    }
  }
}

/** An operator's word about something that is no longer declared has nothing left to speak of. */
function clearWords({ store, gone }: Scene): void {
  for (const { ref, effect } of store.overrides.all()) {
    if (!gone.refs.has(ref)) continue;
    store.overrides.delete(ref, effect);
    const data = { ref, effect, why: 'it is no longer declared' };
    store.journal.append({ type: 'override.cleared', ref, actor: 'kernel', data });
  }
}
