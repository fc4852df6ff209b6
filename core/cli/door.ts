// The way to the realm: through whoever holds the lease, or else by a kernel in this process.
import type { Door } from '../api/door.ts';
import type { DoorOptions, Need } from './shell.ts';

/** Opens the realm of `options.cwd`. The modules behind it are loaded here, because `--help` must not pay for them. */
export async function openDoor(options: DoorOptions, need: Need): Promise<Door> {
  const { placeOf } = await import('./place.ts');
  const { file, stateDir } = await placeOf(options.cwd, options);
  const { connectDoor } = await import('../daemon/client.ts');
  const daemon = await connectDoor(stateDir);
  if (daemon !== undefined) return daemon;
  const { openLocalDoor } = await import('../api/local.ts');
  return openLocalDoor({ ...options, file, stateDir, need });
}
