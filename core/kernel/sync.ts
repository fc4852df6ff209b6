// Takes a declaration over into the store: renames, generations, new rows. Says which refs want a look, and which are to go.
import type { Ref } from '../model/ref.ts';
import type { Scene } from './scene.ts';

export interface Synced {
  readonly added: readonly Ref[];
  readonly changed: readonly Ref[];
  readonly undeclared: readonly Ref[];
}

export function sync(scene: Scene): Synced {
  const { store, loaded, world } = scene;
  const added: Ref[] = [];
  const changed: Ref[] = [];
  world.crash('sync:before');
  store.transaction(() => {
    for (const declared of loaded.declaration.resources.values()) {
      const { ref, was, kind, specHash, owner } = declared;
      if (was !== undefined && store.resources.get(ref) === undefined) store.resources.rename(`${kind}/${was}`, ref);
      const row = store.resources.get(ref);
      if (row !== undefined && row.specHash === specHash && row.owner === (owner ?? null)) continue;
      const generation = row === undefined ? 1 : row.generation + (row.specHash === specHash ? 0 : 1);
      store.resources.put(ref, { kind, generation, specHash, owner: owner ?? null });
      if (row === undefined) added.push(ref);
      else changed.push(ref);
    }
  });
  world.crash('sync:after');
  return { added, changed, undeclared: scene.undeclared().map(({ ref }) => ref) };
}
