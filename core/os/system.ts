// Picks who answers the questions about processes on this machine.
import { RealmError } from '../errors.ts';
import type { System } from './identity.ts';
import { linux } from './linux.ts';
import { macos } from './macos.ts';

/** Linux, or macOS (untested). Throws PROCESS_SYSTEM_UNSUPPORTED elsewhere. */
export function thisSystem(platform: string = process.platform): System {
  if (platform === 'linux') return linux;
  if (platform === 'darwin') return macos;
  throw new RealmError('PROCESS_SYSTEM_UNSUPPORTED', `Realm cannot watch processes on ${platform}`, {
    hint: 'use Linux, macOS, or WSL on Windows',
  });
}
