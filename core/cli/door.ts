// The way to the realm: through whoever holds the lease, or else by a kernel in this process.
import { join, resolve } from 'node:path';
import type { Door } from '../api/door.ts';
import type { DoorOptions, Need } from './shell.ts';

/** Opens the realm of `options.cwd`. The modules behind it are loaded here, because `--help` must not pay for them. */
export async function openDoor(options: DoorOptions, need: Need): Promise<Door> {
  const { findConfig } = await import('../config/find.ts');
  const { file, root } = await findConfig(options.cwd, options.config);
  const stateDir = options.state === undefined ? join(root, '.realm') : resolve(options.cwd, options.state);
  const { connectDoor } = await import('../daemon/client.ts');
  const daemon = await connectDoor(stateDir);
  if (daemon !== undefined) return daemon;
  const { openLocalDoor } = await import('../api/local.ts');
  return openLocalDoor({ ...options, file, stateDir, need });
}
