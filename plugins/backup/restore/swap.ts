// Puts what is staged in place and takes it back: each step can be done again after an interruption.
import { chmodSync, linkSync, lstatSync, mkdirSync, renameSync, rmdirSync, unlinkSync } from 'node:fs';
import { type ByteText, joined, toPath } from '../byte-text.ts';
import { newIn, oldIn, parentOf, strayIn } from './holder.ts';
import type { SwapUnit } from './journal.ts';
import { metadataNow, setMetadata } from './metadata.ts';
import { presentAt } from './present.ts';

const typeAt = (at: ByteText): 'file' | 'folder' | 'other' | undefined => {
  const stat = lstatSync(toPath(at), { throwIfNoEntry: false });
  return stat === undefined ? undefined : stat.isDirectory() ? 'folder' : stat.isFile() ? 'file' : 'other';
};

/** Also a folder its owner may not write: it has to be writable while it changes its parent. */
export function move(from: ByteText, to: ByteText): void {
  try {
    renameSync(toPath(from), toPath(to));
  } catch (error) {
    const stat = lstatSync(toPath(from));
    if ((error as NodeJS.ErrnoException).code !== 'EACCES' || !stat.isDirectory() || (stat.mode & 0o200) !== 0)
      throw error;
    chmodSync(toPath(from), stat.mode | 0o700);
    try {
      renameSync(toPath(from), toPath(to));
    } finally {
      chmodSync(toPath(typeAt(to) === undefined ? from : to), stat.mode);
    }
  }
}

export interface Steps {
  step(point: string): void;
}

/** Old out of the way, new in place. */
export function putInPlace({ at, holder, name, hasNew, hasOld }: SwapUnit, { step }: Steps): void {
  const [fresh, old] = [newIn(holder, name), oldIn(holder, name)];
  if (hasNew && typeAt(fresh) === undefined) return; // an earlier life did it
  if (hasOld && typeAt(old) === undefined) {
    step('backup.restore.aside:before');
    const isAtomic = hasNew && typeAt(fresh) === 'file' && typeAt(at) === 'file' && linked(at, old);
    if (!isAtomic && typeAt(at) !== undefined) move(at, old);
    step('backup.restore.aside:after');
  }
  if (!hasNew) return;
  clearWay(at, holder, name, old);
  step('backup.restore.place:before');
  move(fresh, at);
  step('backup.restore.place:after');
}

/** New out of the way, old in place. */
export function takeBack({ at, holder, name, hasNew, hasOld }: SwapUnit, { step }: Steps): void {
  const [fresh, old] = [newIn(holder, name), oldIn(holder, name)];
  if (hasOld && typeAt(old) === undefined) return; // it is in place, or never left
  if (hasOld && isSameFile(old, at)) return unlinkSync(toPath(old)); // it only had a second name
  if (hasNew && typeAt(fresh) === undefined) {
    step('backup.restore.back-aside:before');
    const isAtomic = hasOld && typeAt(old) === 'file' && typeAt(at) === 'file' && linked(at, fresh);
    if (!isAtomic && typeAt(at) !== undefined) move(at, fresh);
    step('backup.restore.back-aside:after');
  }
  if (!hasOld) return;
  clearWay(at, holder, name, fresh);
  step('backup.restore.back-place:before');
  move(old, at);
  step('backup.restore.back-place:after');
}

function isSameFile(one: ByteText, other: ByteText): boolean {
  const [first, second] = [one, other].map((at) => lstatSync(toPath(at), { bigint: true, throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
}

/** A second name for a file that is about to be replaced: then there is no moment without one. */
function linked(from: ByteText, to: ByteText): boolean {
  try {
    linkSync(toPath(from), toPath(to));
    return true;
  } catch {
    return false; // no hard links here: it is moved instead
  }
}

/** What stands there and is not the one whose second name is `known` came from somebody else meanwhile; it is kept. */
function clearWay(at: ByteText, holder: ByteText, name: ByteText, known: ByteText): void {
  if (typeAt(at) === undefined) return;
  if (isSameFile(at, known)) return;
  const stray = strayIn(holder, name);
  mkdirSync(toPath(parentOf(stray)), { recursive: true });
  let free = stray;
  for (let n = 2; typeAt(free) !== undefined; n += 1) free = `${stray}.${n}` as ByteText;
  move(at, free);
}

/**
 * One path below a unit from one copy into the other; what is there already stays. Both folders keep their times, as if it
 * had always been so. Gives the folders that are to be synced, also when an earlier life did it.
 */
export function carry(from: ByteText, to: ByteText, path: ByteText): readonly ByteText[] {
  const [source, target] = [joined(from, path), joined(to, path)];
  const both = [parentOf(source), parentOf(target)];
  if (typeAt(source) === undefined || typeAt(target) !== undefined || typeAt(parentOf(target)) !== 'folder')
    return both;
  const folders = both.map((at) => ({ at, present: presentAt(at, at) }));
  move(source, target);
  for (const { at, present } of folders) if (present !== undefined) setMetadata(at, metadataNow(present));
  return both;
}

/** Removes the folder when it is empty. */
export function dropEmpty(folder: ByteText): void {
  try {
    rmdirSync(toPath(folder));
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}
