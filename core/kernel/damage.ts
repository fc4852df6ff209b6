// The state turns out to be damaged while the kernel works: from then on it only looks, and its rows are made anew in memory.
import type { RealmError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { Kernel } from './kernel.ts';
import { Scene } from './scene.ts';
import { sync } from './sync.ts';

/** To be called once the rows are empty. Nothing is held against what is declared: it is all looked at again. */
export function onlyLook(kernel: Kernel, damage: RealmError): void {
  const { world } = kernel.options;
  world.log('kernel').error(damage.message);
  kernel.runs.abandon(damage);
  kernel.scene = new Scene(kernel.scene.loaded, kernel.store, world);
  sync(kernel.scene);
  for (const ref of kernel.scene.loaded.declaration.resources.keys()) kernel.wake(ref);
}

/** Takes over what is declared, and once in a life the runs of earlier ones; also when just that shows the damage. */
export async function takeStock(kernel: Kernel): Promise<void> {
  await despiteDamage(kernel.store, () => void sync(kernel.scene));
  await despiteDamage(kernel.store, () => kernel.recoverRuns());
}

/** Does it once more, on the empty rows, when it was this at which the damage turned out. */
async function despiteDamage(store: Store, work: () => void | Promise<void>): Promise<void> {
  const wasKnown = store.observeOnly;
  try {
    await work();
  } catch (error) {
    if (wasKnown || !store.observeOnly) throw error;
    await work();
  }
}
