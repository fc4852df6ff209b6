// Snapshots that were removed: put aside by one rename, with a note beside them, until their time is over.
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { absent, RealmError, writeAtomic } from 'realm-runner/plugin';
import { fromText } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import { folderOf } from './hold.ts';
import { isHidden, isUid, notesFile, policyFolder, trashFolder } from './layout.ts';
import { readSnapshot } from './list.ts';
import { syncFolder } from './notes.ts';
import { ifThere, purge } from './purge.ts';

const DAY_MS = 24 * 3_600_000;
const GRACE_MS = 3 * DAY_MS;
const NOTE = '.json';
/** Half gone already: not to be had back. */
export const PURGING = '.purging-';

/** The note beside a folder in the trash. It is written first, so one without a folder speaks of nothing. */
export interface TrashNote {
  readonly uid: string;
  readonly policy: string;
  readonly label: string;
  readonly why: string;
  readonly removedAt: number;
  readonly purgeAt: number;
}
export interface Trashed extends TrashNote {
  /** In the trash folder. */
  readonly name: string;
  readonly folder: string;
}

/** Everything in the trash, oldest first. A folder without a readable note is told by its name alone. */
export function trashed(target: string): readonly Trashed[] {
  const folder = trashFolder(target);
  return namesIn(folder)
    .filter((name) => !isHidden(name) && isFolder(join(folder, name)))
    .sort()
    .map((name) => ({ name, folder: join(folder, name), ...noteOf(join(folder, `${name}${NOTE}`), name) }));
}

const namesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    absent('ENOENT')(error);
    return [];
  }
};
const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

function noteOf(path: string, name: string): TrashNote {
  try {
    const note = JSON.parse(readFileSync(path, 'utf8')) as TrashNote;
    const { uid, policy, label, why, removedAt, purgeAt } = note;
    const isWhole = [uid, policy, label, why].every((one) => typeof one === 'string') && isUid(uid);
    if (isWhole && Number.isFinite(removedAt) && Number.isFinite(purgeAt)) return note;
  } catch {
    // lost or torn
  }
  // Then it stays for as long as any, counted from the time in its name; for ever when it is none of ours.
  const [, at = 'none', policy = '', label = ''] = /^(\d+)_(.*)_([^_]*)$/.exec(name) ?? [];
  const removedAt = Number(at);
  const purgeAt = Number.isNaN(removedAt) ? Infinity : removedAt + GRACE_MS;
  return { uid: '', policy, label, why: 'its note is lost', removedAt, purgeAt };
}

/** Into the trash, by one rename. */
export function putInTrash(target: string, snapshot: Snapshot, why: string, tools: Tools): void {
  const from = folderOf(target, snapshot);
  const folder = trashFolder(target);
  mkdirSync(folder, { recursive: true });
  const removedAt = tools.now();
  const name = freeName(folder, `${removedAt}_${snapshot.policy}_${snapshot.label}`);
  const { uid, policy, label } = snapshot;
  const note: TrashNote = { uid, policy, label, why, removedAt, purgeAt: removedAt + GRACE_MS };
  tools.step('backup.trash-note:before');
  writeAtomic(join(folder, `${name}${NOTE}`), `${JSON.stringify(note)}\n`);
  tools.step('backup.trash-note:after');
  move(from, join(folder, name));
  syncFolder(policyFolder(target, policy));
  syncFolder(folder);
  tools.step('backup.trash:after');
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    throw new RealmError('BACKUP_TARGET_UNREADABLE', `${from} cannot be moved to ${to}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Out of the trash, under its own label, or with the next free number behind it. Gives the label. */
export function takeFromTrash(target: string, snapshot: Snapshot, tools: Tools): string {
  const found = trashed(target).find((one) => (one.uid || uidOf(target, one)) === snapshot.uid);
  if (found === undefined) {
    throw new RealmError('BACKUP_UNKNOWN', `${snapshot.id} is not in the trash of ${target}`, {
      hint: 'see what is: realm backup list --trash',
    });
  }
  const home = policyFolder(target, found.policy);
  mkdirSync(home, { recursive: true });
  const label = freeName(home, found.label);
  tools.step('backup.undelete:before');
  move(found.folder, join(home, label));
  syncFolder(home);
  syncFolder(trashFolder(target));
  tools.step('backup.undelete:after');
  rmSync(`${found.folder}${NOTE}`, { force: true });
  return label;
}

/** Of one whose note is lost: as it says itself. */
function uidOf(target: string, { policy, folder }: Trashed): string | undefined {
  const found = readSnapshot(target, policy, folder);
  return found !== null && 'uid' in found ? found.uid : undefined;
}

/** `2026-11-21`, or `2026-11-21.2` and so on when that is taken. */
function freeName(folder: string, wanted: string): string {
  const base = wanted.replace(/(\d)\.\d+$/, '$1');
  let name = wanted;
  for (let number = 2; lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined; number += 1) {
    name = `${base}.${number}`;
  }
  return name;
}

/** Deletes what is over its time, what an earlier purge left, and notes that speak of nothing. */
export function purgeTrash(target: string, tools: Tools): void {
  const over = trashed(target).filter(({ purgeAt }) => purgeAt <= tools.now());
  deleteThese(target, over, tools);
}

/** Of one policy, before their time; those that lie there longest. */
export function emptyTrash(target: string, policy: string, most: number, tools: Tools): number {
  const own = trashed(target).filter((one) => one.policy === policy);
  const going = own.toSorted((one, other) => one.removedAt - other.removedAt).slice(0, most);
  deleteThese(target, going, tools);
  return going.length;
}

function deleteThese(target: string, all: readonly Trashed[], tools: Tools): void {
  const folder = trashFolder(target);
  for (const one of all) {
    tools.signal.throwIfAborted();
    tools.say(`${one.policy}/${one.label} leaves the trash for good: ${one.why}`);
    tools.step('backup.purge:before');
    ifThere(() => renameSync(one.folder, join(folder, `${PURGING}${one.name}`)));
    tools.step('backup.purge:after');
  }
  for (const name of namesIn(folder).filter((name) => name.startsWith(PURGING))) {
    const note = `${join(folder, name.slice(PURGING.length))}${NOTE}`;
    const { uid } = noteOf(note, '');
    purge(fromText(join(folder, name)), tools.signal);
    if (uid !== '') rmSync(notesFile(target, uid), { force: true });
    tools.step('backup.purge-note:before');
    rmSync(note, { force: true });
  }
  for (const name of namesIn(folder).filter((name) => name.endsWith(NOTE))) {
    const speaksOf = join(folder, name.slice(0, -NOTE.length));
    if (lstatSync(speaksOf, { throwIfNoEntry: false }) !== undefined) continue;
    // Not at once: somebody may be about to move there what it speaks of.
    if (noteOf(join(folder, name), name).removedAt + DAY_MS < tools.now()) rmSync(join(folder, name), { force: true });
  }
}
