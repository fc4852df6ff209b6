// One snapshot while it is read: that it is the one that was meant, and that it still lies there afterwards.
import { lstatSync } from 'node:fs';
import { RealmError } from 'realm-runner/plugin';
import type { Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import { policyFolder, snapshotFolder, isHidden } from './layout.ts';
import { readSnapshot } from './list.ts';
import { addNotes, type Learnt, type Note, readNotes } from './notes.ts';

export interface Held {
  readonly folder: string;
  readonly learnt: Learnt;
  /** Of the tag manifest, of when all was well. */
  readonly anchor: string;
  /** Throws BACKUP_UNKNOWN when it was moved away meanwhile: what seems to be missing is then no damage. */
  readonly stillThere: () => void;
}

const inodeOf = (path: string): number | undefined => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true ? stat.ino : undefined;
};

/** The folder of a snapshot; it is one of its own right below that of its policy: never a link, never `..`. */
export function folderOf(target: string, snapshot: Snapshot): string {
  const { policy, label } = snapshot;
  const isPlain = [policy, label].every((name) => /^[^/\0]+$/.test(name) && !isHidden(name));
  const folder = snapshotFolder(target, policy, label);
  if (!isPlain || inodeOf(policyFolder(target, policy)) === undefined) throw gone(target, snapshot);
  const found = inodeOf(folder) === undefined ? null : readSnapshot(target, policy, folder);
  if (found === null || !('uid' in found) || found.uid !== snapshot.uid) throw gone(target, snapshot);
  return folder;
}

const gone = (target: string, { id, policy }: Snapshot): RealmError =>
  new RealmError('BACKUP_UNKNOWN', `there is no snapshot ${id} in ${target} that could be meant`, {
    hint: `see what there is: realm backup list ${policy}`,
  });

export function hold(target: string, snapshot: Snapshot): Held {
  const folder = folderOf(target, snapshot);
  const learnt = readNotes(target, snapshot.uid);
  const inode = inodeOf(folder);
  return {
    folder,
    learnt,
    anchor: learnt.seal?.anchor ?? snapshot.anchor,
    stillThere: () => {
      if (inodeOf(folder) !== inode) throw gone(target, snapshot);
    },
  };
}

/** Adds notes. Where nothing can be written (a target that is mounted to be read only) that is said, and endured. */
export function noteOrSay(target: string, uid: string, notes: readonly Note[], tools: Tools): void {
  tools.step('backup.note:before');
  try {
    addNotes(target, uid, notes);
  } catch (error) {
    tools.say(`what was learnt of a snapshot cannot be kept beside it: ${(error as Error).message}`);
  }
  tools.step('backup.note:after');
}
