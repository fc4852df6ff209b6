// Sends one signal to one pid.
import { errnoOf } from '../errors.ts';

/** False when nobody has this pid, or somebody who is not ours to signal. */
export function killPid(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (['ESRCH', 'EPERM'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}
