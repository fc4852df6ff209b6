// Opens a realm to look: no lease, no writes, and nothing of what acts is even loaded.
import { loadRealm } from '../kernel/load.ts';
import { localDoor } from '../kernel/masked-door.ts';
import { lookingLender } from '../kernel/looking.ts';
import { noHooks, PluginSet } from '../kernel/plugin-set.ts';
import { Scene } from '../kernel/scene.ts';
import { Troubles } from '../kernel/troubles.ts';
import type { World } from '../kernel/world.ts';
import type { Source } from '../config/source.ts';
import type { Outside } from '../os/ask-outside.ts';
import { isBuiltIn } from '../registry/find.ts';
import type { Registry } from '../registry/registry.ts';
import { openStore } from '../store/store.ts';
import type { Door } from './door.ts';
import type { LocalOptions } from './local.ts';

export async function lookingDoor(options: LocalOptions, world: World): Promise<Door> {
  let outside: Outside | undefined;
  const giveUp = async (): Promise<void> => {
    outside ??= await giveUpProcesses();
  };
  const onSource = async ({ plugins }: Source): Promise<void> => {
    if (!plugins.every(({ name }) => isBuiltIn(name))) await giveUp(); // before code of others is loaded
  };
  const loaded = await loadRealm({ ...options, onSource });
  if (asksTools(loaded.registry)) await giveUp();
  else if (mayStart()) process.permission.drop('child');
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

/** Only the verbs that observe are started with the right to start processes. */
const mayStart = (): boolean => process.permission?.has('child');

/** Whoever asks from outside is a process, and is made only for who may have questions. */
const giveUpProcesses = async (): Promise<Outside | undefined> =>
  mayStart() ? (await import('../os/ask-outside.ts')).giveUpProcesses() : undefined;

const asksTools = ({ kinds }: Registry): boolean =>
  [...kinds.values()].some(({ kind }) => (kind.observes ?? []).length > 0);
