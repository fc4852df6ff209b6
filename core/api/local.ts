// Opens a realm in this process: to look (no lease, no writes), or to act (lease, one-shot kernel).
import { acquire } from '../daemon/lease.ts';
import type { Clock } from '../clock.ts';
import { Kernel } from '../kernel/kernel.ts';
import { loadRealm } from '../kernel/load.ts';
import { LocalDoor } from '../kernel/local-door.ts';
import { lookingLender } from '../kernel/looking.ts';
import { PluginSet } from '../kernel/plugin-set.ts';
import { Scene } from '../kernel/scene.ts';
import { Troubles } from '../kernel/troubles.ts';
import { systemWorld, type World } from '../kernel/world.ts';
import { openStore } from '../store/store.ts';
import type { Door } from './door.ts';

export interface LocalOptions {
  readonly file: string;
  readonly profile?: string | undefined;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** false: LEASE_BUSY at once instead of waiting. */
  readonly wait: boolean;
  readonly need: 'look' | 'act';
  readonly log?: World['log'];
}

const STOP_MS = 10_000;

export async function openLocalDoor(options: LocalOptions): Promise<Door> {
  const world: World = { ...systemWorld, clock: options.clock, env: options.env, log: options.log ?? systemWorld.log };
  return options.need === 'look' ? lookingDoor(options, world) : actingDoor(options, world);
}

async function lookingDoor(options: LocalOptions, world: World): Promise<Door> {
  const loaded = await loadRealm(options);
  const store = openStore({ dir: options.stateDir, clock: world.clock, random: world.random, mode: 'read' });
  const scene = new Scene(loaded, store, world);
  const nobody = (): void => {}; // a looking process tells nobody: what a plugin does wrong is in the answer
  const set = new PluginSet(lookingLender(scene, options.stateDir), new Troubles(nobody, nobody));
  return new LocalDoor({ scene: () => scene, set: () => set, holder: null, close: async () => store.close() });
}

async function actingDoor(options: LocalOptions, world: World): Promise<Door> {
  const { stateDir, signal, wait } = options;
  const lease = await acquire({
    stateDir,
    purpose: 'one command',
    wait,
    signal,
    clock: world.clock,
    random: world.random,
  });
  try {
    const kernel = await Kernel.open({ ...options, world, purpose: 'once' });
    const close = async (): Promise<void> => {
      await kernel.stop(STOP_MS, 'the command ended');
      await lease.release();
    };
    return new LocalDoor({ scene: () => kernel.scene, set: () => kernel.set, kernel, holder: null, close });
  } catch (error) {
    await lease.release();
    throw error;
  }
}
