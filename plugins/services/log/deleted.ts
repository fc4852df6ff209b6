// Notices that a log was deleted or replaced under its writer, which then writes where nobody can read.
import { statSync } from 'node:fs';
import { absent, type Context, type Resource } from 'realm-runner/plugin';
import { readLife } from '../life.ts';
import { folderOf, logOf } from '../places.ts';
import { forgetTrouble, readTrouble, writeTrouble } from '../rows.ts';

/** A file without a name cannot be given one again, and nobody can change where a process writes. */
export const DELETED =
  'its log was deleted while it runs: what it prints is lost until `realm restart` makes a new one';

/** Whether the log of this service is gone now. Tells when that begins, and takes it back when it is over. */
export function tellDeleted({ name, ref }: Pick<Resource, 'name' | 'ref'>, ctx: Context): boolean {
  const isGone = writesElsewhere(name, ctx);
  const wasGone = readTrouble(name, ctx) === DELETED;
  if (isGone === wasGone) return isGone;
  if (isGone) {
    writeTrouble(name, DELETED, ctx);
    ctx.log.warn(`${ref}: ${DELETED}`);
    ctx.emit('service.logTruncated', { ref, file: logOf(name, ctx) }, { ref });
  } else forgetTrouble(name, ctx);
  ctx.wake(ref);
  return isGone;
}

/** The shim has the same output as its command and never changes it. Where nobody can see that, as on macOS, it is not so. */
function writesElsewhere(name: string, ctx: Context): boolean {
  const folder = folderOf(name, ctx);
  const life = readLife(folder);
  if (life === null || life.adopted !== undefined) return false;
  const sight = ctx.processes.look(folder, life.token);
  if (sight.state !== 'running' || sight.shim === undefined) return false;
  const output = fileAt(`/proc/${sight.shim.pid}/fd/1`);
  if (output === null) return false;
  const log = fileAt(logOf(name, ctx));
  return log === null || log.ino !== output.ino || log.dev !== output.dev;
}

function fileAt(path: string): { readonly ino: number; readonly dev: number } | null {
  try {
    return statSync(path);
  } catch (error) {
    return absent('ENOENT', 'EACCES', 'EPERM', 'ESRCH')(error);
  }
}
