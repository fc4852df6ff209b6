// Makes the folders and links of a snapshot, and gives folders their times once everything is in them.
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { toPath } from '../byte-text.ts';
import { storedMode } from './layout.ts';
import type { Job } from './order.ts';
import { below, makeAnew, timeOf } from './take-over.ts';
import type { Found } from './walk.ts';

export function makeFolder(found: Found, job: Job): void {
  const to = toPath(below(job.to, found.path));
  try {
    mkdirSync(to, storedMode(found));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (lstatSync(to).isDirectory()) return; // of an interrupted run, or another name that the target takes for the same
    rmSync(to, { force: true });
    mkdirSync(to, storedMode(found));
  }
}

export function makeLink(found: Found, job: Job): void {
  const path = below(job.to, found.path);
  const to = toPath(path);
  makeAnew(path, job, () => symlinkSync(toPath(found.target!), to));
  if (isOthers(found, job)) lchownSync(to, found.uid, found.gid);
  lutimesSync(to, timeOf(found), timeOf(found));
}

const isOthers = ({ uid, gid }: Found, { owner }: Job): boolean =>
  owner !== undefined && (owner.uid !== uid || owner.gid !== gid);

/** The innermost first: what is made in a folder changes its time. */
export function finishFolders(folders: readonly Found[], job: Job): void {
  for (const found of folders.toReversed()) {
    const to = toPath(below(job.to, found.path));
    if (isOthers(found, job)) chownSync(to, found.uid, found.gid);
    const mode = storedMode(found);
    if (job.mayReplace || (mode & job.umask) !== 0) chmodSync(to, mode);
    utimesSync(to, timeOf(found), timeOf(found));
  }
}
