// Opens a realm to look: no lease, no writes, and nothing of what acts is even loaded.
import { loadRealm } from '../kernel/load.ts';
import { LocalDoor } from '../kernel/local-door.ts';
import { lookingLender } from '../kernel/looking.ts';
import { noHooks, PluginSet } from '../kernel/plugin-set.ts';
import { Scene } from '../kernel/scene.ts';
import { Troubles } from '../kernel/troubles.ts';
import type { World } from '../kernel/world.ts';
import { openStore } from '../store/store.ts';
import type { Door } from './door.ts';
import type { LocalOptions } from './local.ts';

export async function lookingDoor(options: LocalOptions, world: World): Promise<Door> {
  const loaded = await loadRealm(options);
  const store = openStore({ dir: options.stateDir, clock: world.clock, random: world.random, mode: 'read' });
  const scene = new Scene(loaded, store, world);
  const nobody = (): void => {}; // a looking process tells nobody: what a plugin does wrong is in the answer
  const set = new PluginSet(lookingLender(scene, options.stateDir), new Troubles(nobody, nobody), noHooks);
  return new LocalDoor({ scene: () => scene, set: () => set, holder: null, close: async () => store.close() });
}
