// Opens a realm to act: takes the lease, and runs a one-shot kernel until the door is closed.
import { acquire } from '../daemon/lease.ts';
import { Kernel } from '../kernel/kernel.ts';
import { LocalDoor } from '../kernel/local-door.ts';
import type { World } from '../kernel/world.ts';
import type { Door } from './door.ts';
import { type LocalOptions, waitingFor } from './local.ts';

const STOP_MS = 2_000; // half of it is what a change in hand gets after Ctrl-C

export async function actingDoor(options: LocalOptions, world: World): Promise<Door> {
  const { stateDir, signal, wait, tell } = options;
  const lease = await acquire({
    stateDir,
    purpose: 'one command',
    wait,
    signal,
    clock: world.clock,
    random: world.random,
    onWait: (holder) => tell?.(waitingFor(holder)),
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
