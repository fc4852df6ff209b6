// The way to the realm: through the daemon that holds it, or else by a kernel in this process.
import type { Door } from '../api/door.ts';
import type { Place } from './place.ts';
import type { DoorOptions, Need } from './shell.ts';

/** Opens the realm of `options.cwd`. The modules behind it are loaded here, because `--help` must not pay for them. */
export async function openDoor(options: DoorOptions, need: Need): Promise<Door> {
  const { placeOf } = await import('./place.ts');
  const place = await placeOf(options.cwd, options);
  const daemon = await daemonOf(place, options);
  if (daemon !== undefined) return daemon;
  const { openLocalDoor } = await import('../api/local.ts');
  return openLocalDoor({ ...options, file: place.file, stateDir: place.stateDir, need });
}

/** Undefined when none watches; one command that holds the realm for a moment is waited for with the lease instead. */
async function daemonOf({ stateDir }: Place, { clock, signal, tell }: DoorOptions): Promise<Door | undefined> {
  const { read } = await import('../daemon/lease.ts');
  if ((await read(stateDir, clock))?.purpose !== 'daemon') return undefined;
  const { connectDoor } = await import('../daemon/client.ts');
  const door = await connectDoor(stateDir, { clock, signal });
  if (door?.skew !== undefined) tell(`${door.skew.message} (${door.skew.hint ?? 'realm up --restart'})`);
  return door;
}
