// Holds back removals that look like an accident: too many at once, or with damaged state.
import { brakeOf } from '../reconcile/fate.ts';
import type { Store } from '../store/store.ts';
import type { Scene } from './scene.ts';

/** How many resources were there before the edit that takes some away; kept until all of those are gone. */
const BEFORE_REMOVALS = 'removals.before';

/** Why removals are held back as a whole, or undefined. */
export function brake(scene: Scene, allowDeletions: boolean): string | undefined {
  if (scene.store.observeOnly) return 'the state is damaged, and nothing is removed until `realm state recover`';
  if (allowDeletions) return undefined;
  return brakeOf(scene.removable.size, scene.loaded.declaration.resources.size, rememberedBefore(scene.store));
}

/** What a part of which may go without a flag: neither new resources nor a restart make it larger or smaller. */
export function rememberedBefore(store: Store): number {
  return Number(store.meta.get(BEFORE_REMOVALS) ?? store.resources.refs().length);
}

/** To be called whenever something became undeclared or is gone: after the last one the next edit counts anew. */
export function countRemovals({ store, removable }: Scene, before: number): void {
  if (removable.size > 0) store.meta.put(BEFORE_REMOVALS, String(before));
  else if (store.meta.get(BEFORE_REMOVALS) !== undefined) store.meta.delete(BEFORE_REMOVALS);
}
