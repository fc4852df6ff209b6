// Opens a realm to act: takes the lease, and runs a one-shot kernel until the door is closed. Others may look meanwhile.
import type { Timer } from '../clock.ts';
import { acquire, type Lease } from '../daemon/lease.ts';
import type { Served } from '../daemon/serve.ts';
import { STOP_EVERYTHING_MS } from '../daemon/stop-budget.ts';
import { messageOf } from '../errors.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { Ground } from '../kernel/local-door.ts';
import { localDoor } from '../kernel/masked-door.ts';
import type { World } from '../kernel/world.ts';
import type { Door } from './door.ts';
import { type LocalOptions, waitingFor } from './local.ts';

const STOP_MS = 2_000; // half of it is what a change in hand gets after Ctrl-C
/** What ends before that is not worth a socket, whose modules take a while to load. */
const SERVE_AFTER_MS = 1_000;
/** Who is in the middle of an answer at the end. */
const LAST_ANSWERS_MS = 250;

export async function actingDoor(options: LocalOptions, world: World): Promise<Door> {
  const lease = await leaseFor(options, world);
  lease.lost.addEventListener('abort', () => {
    options.tell?.(messageOf(lease.lost.reason));
    endCommand();
  });
  try {
    const kernel = await Kernel.open({ ...options, world, purpose: 'once' });
    const ground = { scene: () => kernel.scene, set: () => kernel.set, kernel };
    const socket = serveLater({ ...ground, holder: null }, lease, options);
    const close = async (): Promise<void> => {
      await socket.close();
      await kernel.stop(STOP_MS, 'the command ended');
      await lease.release();
    };
    return localDoor({ ...ground, holder: null, close });
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** As when the person in front of it ends it. */
const endCommand = (): void => void process.kill(process.pid, 'SIGTERM');

/** Ends everything that would live on without Realm: what daemons started, and every run. */
export async function endEverything(options: LocalOptions, world: World): Promise<void> {
  const lease = await leaseFor(options, world);
  try {
    const kernel = await Kernel.open({ ...options, world, purpose: 'once' });
    await kernel.stop(STOP_EVERYTHING_MS, options.purpose, true);
  } finally {
    await lease.release();
  }
}

const leaseFor = ({ stateDir, signal, wait, unless, tell, purpose }: LocalOptions, world: World): Promise<Lease> =>
  acquire({
    stateDir,
    purpose,
    wait,
    ...(unless === undefined ? {} : { unless }),
    signal,
    clock: world.clock,
    random: world.random,
    onWait: (holder) => tell?.(waitingFor(holder)),
  });

/** Whoever holds the lease answers on the control socket. When that cannot be, the command itself goes on. */
function serveLater(
  ground: Omit<Ground, 'close'>,
  { holder: { pid, version, since, purpose } }: Lease,
  { stateDir, clock, tell }: LocalOptions,
): { close(): Promise<void> } {
  const onError = (error: unknown): undefined => {
    tell?.(`other shells cannot look on meanwhile: ${messageOf(error)}`);
    return undefined;
  };
  let serving: Promise<Served | undefined> | undefined;
  const begin = async (): Promise<Served> => {
    const { serve } = await import('../daemon/serve.ts');
    const holder = { pid, version, startedAt: since, holder: purpose };
    const door = localDoor({ ...ground, holder, close: async () => {} });
    return serve({
      stateDir,
      control: { door, holder, clock, source: () => ground.scene().sourceView(), stop: endCommand },
      onError,
    });
  };
  const timer: Timer = clock.after(SERVE_AFTER_MS, () => (serving = begin().catch(onError)), true);
  return {
    async close() {
      timer.cancel();
      const served = await serving;
      if (served === undefined) return;
      const cut = new AbortController();
      const late = clock.after(LAST_ANSWERS_MS, () => cut.abort(), true);
      await served.close(cut.signal);
      late.cancel();
    },
  };
}
