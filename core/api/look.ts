// Opens a realm to look: no lease, no writes, and nothing of what acts is even loaded.
import { localDoor } from '../kernel/masked-door.ts';
import { lookingLender } from '../kernel/looking.ts';
import { noHooks, PluginSet } from '../kernel/plugin-set.ts';
import { Scene } from '../kernel/scene.ts';
import { Troubles } from '../kernel/troubles.ts';
import type { World } from '../kernel/world.ts';
import { openStore } from '../store/store.ts';
import type { Door } from './door.ts';
import { loadToLook } from './load-to-look.ts';
import type { LocalOptions } from './local.ts';

export async function lookingDoor(options: LocalOptions, world: World): Promise<Door> {
  const { loaded, outside } = await loadToLook(options);
  const store = openStore({ dir: options.stateDir, clock: world.clock, random: world.random, mode: 'read' });
  const scene = new Scene(loaded, store, outside === undefined ? world : { ...world, ask: outside.ask });
  const nobody = (): void => {}; // a looking process tells nobody: what a plugin does wrong is in the answer
  const set = new PluginSet(lookingLender(scene, options.stateDir), new Troubles(nobody, nobody), noHooks);
  const close = async (): Promise<void> => {
    outside?.close();
    store.close();
  };
  return localDoor({ scene: () => scene, set: () => set, holder: null, close });
}
