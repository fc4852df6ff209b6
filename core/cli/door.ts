// The way to the realm: through whoever holds it, or else by a kernel in this process.
import type { Door } from '../api/door.ts';
import type { DaemonDoor } from '../daemon/client.ts';
import type { LeaseHolder } from '../daemon/lease.ts';
import { RealmError } from '../errors.ts';
import type { Place } from './place.ts';
import type { DoorOptions, Need } from './shell.ts';

/** A command that holds the realm for a moment either listens at once, or is not asked. */
const COMMAND_MS = 250;
const ANSWER_MS = 5_000;

/** Opens the realm of `options.cwd`. The modules behind it are loaded here, because `--help` must not pay for them. */
export async function openDoor(options: DoorOptions, need: Need): Promise<Door> {
  const { placeOf } = await import('./place.ts');
  const place = await placeOf(options.cwd, options);
  const local = async (): Promise<Door> => {
    const { openLocalDoor } = await import('../api/local.ts');
    try {
      return await openLocalDoor({ ...options, file: place.file, stateDir: place.stateDir, need, unless: isDaemon });
    } catch (error) {
      // A daemon took the realm while this command waited for it: it will not end, and can be asked.
      if (options.wait && error instanceof RealmError && error.code === 'LEASE_BUSY') return openDoor(options, need);
      throw error;
    }
  };
  const { read } = await import('../daemon/lease.ts');
  const holder = await read(place.stateDir, options.clock);
  if (holder !== undefined && isDaemon(holder)) {
    const daemon = await daemonOf(place, options);
    if (daemon === undefined) return local();
    return compared(daemon, place, options, need);
  }
  // Who wants to act waits for the lease; who looks is answered by whoever has it.
  const other = holder === undefined || need === 'act' ? undefined : await commandOf(place, options);
  if (other === undefined) return local();
  const { whileItHolds } = await import('./passing-holder.ts');
  return whileItHolds(await compared(other, place, options, need), local);
}

const isDaemon = ({ purpose }: Pick<LeaseHolder, 'purpose'>): boolean => purpose === 'daemon';

async function compared(door: DaemonDoor, place: Place, options: DoorOptions, need: Need): Promise<DaemonDoor> {
  if (options.compares) await (await import('./compare.ts')).compare(door, place, options, need);
  return door;
}

/** Undefined when it ended meanwhile. */
async function daemonOf({ stateDir }: Place, { clock, signal, tell }: DoorOptions): Promise<DaemonDoor | undefined> {
  const { connectDoor } = await import('../daemon/client.ts');
  const door = await connectDoor(stateDir, { clock, signal });
  if (door?.skew !== undefined) tell(`${door.skew.message} (${door.skew.hint ?? 'realm up --restart'})`);
  return door;
}

/** Undefined when it does not answer, or is another version: looking needs no lease, so this process can do it too. */
async function commandOf({ stateDir }: Place, { clock, signal }: DoorOptions): Promise<DaemonDoor | undefined> {
  const { connectDoor } = await import('../daemon/client.ts');
  const { isUnreachable } = await import('./passing-holder.ts');
  try {
    const door = await connectDoor(stateDir, { clock, signal, patienceMs: COMMAND_MS, answerMs: ANSWER_MS });
    return door?.skew === undefined ? door : undefined;
  } catch (error) {
    if (isUnreachable(error)) return undefined;
    throw error;
  }
}
