// Makes a finished snapshot visible, by one rename, under the first label that is free.
import { lstatSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from '../engine.ts';
import { policyFolder, snapshotFolder } from './layout.ts';
import type { Lease } from './lease.ts';
import { syncFolder } from './notes.ts';

/** Answers with the label it got. Throws BACKUP_BUSY when somebody else has taken over: then nothing is visible. */
export function commit(
  target: string,
  policy: string,
  folder: string,
  label: string,
  lease: Lease,
  tools: Tools,
): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? label : `${label}.${number}`;
    const place = snapshotFolder(target, policy, name);
    if (lstatSync(place, { throwIfNoEntry: false }) !== undefined) continue;
    lease.check();
    tools.step('backup.commit:before');
    try {
      renameSync(folder, place);
    } catch (error) {
      // Somebody made it since it was looked for. Whatever it is, it stays.
      if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) continue;
      lease.check(); // who took over took the folder too
      throw error;
    }
    syncFolder(policyFolder(target, policy));
    tools.step('backup.commit:after');
    return name;
  }
}

/** For people only, where links can be had; nothing reads it. */
export function pointLatest(target: string, policy: string, label: string, tools: Tools): void {
  const link = join(policyFolder(target, policy), 'latest');
  const temporary = join(policyFolder(target, policy), '.latest');
  try {
    const there = lstatSync(link, { throwIfNoEntry: false });
    if (there !== undefined && !there.isSymbolicLink()) return; // somebody's own
    rmSync(temporary, { force: true });
    symlinkSync(label, temporary);
    tools.step('backup.latest:before');
    renameSync(temporary, link);
    tools.step('backup.latest:after');
  } catch (error) {
    rmSync(temporary, { force: true });
    tools.say(`there is no link to the newest snapshot: ${(error as Error).message}`);
  }
}
