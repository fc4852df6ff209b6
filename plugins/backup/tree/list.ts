// Which snapshots of a policy there are: told by their own folders, and by the notes that were made of them.
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import { fromBytes, fromText } from '../byte-text.ts';
import type { Listing } from '../engine.ts';
import type { Snapshot, Verification } from '../snapshot.ts';
import { BAG_INFO, ENTRIES, isHidden, isUid, policyFolder, RECORD, TAG_MANIFEST } from './layout.ts';
import { type Learnt, readNotes } from './notes.ts';
import { decodeRecord, snapshotOf } from './record.ts';
import { parseTagManifest, readTag, sha256 } from './tags.ts';

/**
 * The folder of a policy is no link: that would lead some of what is done there elsewhere.
 * Throws BACKUP_TARGET_UNREADABLE.
 */
export function policyPlace(target: string, policy: string): string {
  const folder = policyFolder(target, policy);
  if (!isLink(folder)) return folder;
  throw new RealmError('BACKUP_TARGET_UNREADABLE', `${folder} is a symbolic link: nothing is kept there`, {
    hint: 'name the folder itself as the target, under `to:`',
  });
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch (error) {
    throw unreadableTarget(path, error);
  }
}

/** Oldest first. Throws BACKUP_TARGET_UNREADABLE when the system answers with errors: fewer would be taken for all. */
export function listPolicy(target: string, policy: string): Listing {
  const folder = policyPlace(target, policy);
  const snapshots: Snapshot[] = [];
  const unreadable: { path: string; why: string }[] = [];
  for (const label of labelsIn(folder)) {
    const seen = readSnapshot(target, policy, join(folder, label));
    if (seen === null) continue;
    if ('why' in seen) unreadable.push(seen);
    else snapshots.push(seen);
  }
  return { snapshots: snapshots.sort(byTime), unreadable };
}

const byTime = (one: Snapshot, other: Snapshot): number =>
  one.startedAt - other.startedAt || (one.label < other.label ? -1 : 1);

/** Names of folders: neither what is hidden, nor links (`latest`), nor what cannot be one of ours. */
function labelsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })
      .filter((entry) => entry.isDirectory())
      .map((entry) => fromBytes(entry.name))
      .filter((name) => !isHidden(name) && name === fromText(name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw unreadableTarget(folder, error);
  }
}

export const unreadableTarget = (path: string, cause: unknown): RealmError =>
  new RealmError('BACKUP_TARGET_UNREADABLE', `${path} cannot be read: ${(cause as Error).message}`, {
    hint: 'nothing there was touched; see that it is mounted and what the system log says of it',
    cause,
  });

type Unreadable = Listing['unreadable'][number];

/** null: no snapshot, and nothing that claims to be one; or it was removed just now. */
export function readSnapshot(target: string, policy: string, folder: string): Snapshot | Unreadable | null {
  try {
    return read(target, policy, folder);
  } catch (error) {
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return null;
    throw unreadableTarget(folder, error);
  }
}

function read(target: string, policy: string, folder: string): Snapshot | Unreadable | null {
  const [record, manifest] = [readTag(folder, RECORD), readTag(folder, TAG_MANIFEST)];
  if (record === null && manifest === null && !isThere(folder, ENTRIES)) return null;
  const anchor = sha256(manifest ?? '');
  const said = parseTagManifest(manifest?.toString('latin1') ?? '')?.get(RECORD);
  const isAsWritten = record !== null && said === sha256(record);
  const label = folder.slice(folder.lastIndexOf('/') + 1);
  const written = record?.toString('utf8') ?? '';
  const own = decoded(written, policy);
  if (isAsWritten && own.record !== undefined) {
    return withNotes(snapshotOf(own.record, { path: folder, label, anchor }), readNotes(target, own.record.uid));
  }
  // Something of it is damaged. What was kept of it beside the notes tells what it is; else its record, if that can be read.
  const uid = uidOf(folder) ?? own.record?.uid;
  const learnt = uid === undefined ? undefined : readNotes(target, uid);
  const kept = decoded(learnt?.seal?.tags[RECORD] ?? '', policy);
  const best = kept.record ?? own.record;
  if (best === undefined) return { path: folder, why: `${RECORD}: ${own.why}` };
  const snapshot = withNotes(
    snapshotOf(best, { path: folder, label, anchor: learnt?.seal?.anchor ?? anchor }),
    learnt ?? readNotes(target, best.uid),
  );
  const guilty = kept.record !== undefined && learnt?.seal?.tags[RECORD] === written ? TAG_MANIFEST : RECORD;
  return { ...snapshot, damaged: [...new Set([...snapshot.damaged, guilty])] };
}

const isThere = (folder: string, name: string): boolean =>
  lstatSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true;

function decoded(text: string, policy: string): { record?: ReturnType<typeof decodeRecord>; why: string } {
  try {
    const record = decodeRecord(text);
    if (!isUid(record.uid)) throw new Error('its uid is none');
    if (record.policy !== policy) throw new Error(`it is of policy ${record.policy}`);
    return { record, why: '' };
  } catch (error) {
    return { why: text === '' ? 'there is none, or it is empty' : (error as Error).message };
  }
}

/** As it stands in `bag-info.txt`, where the record cannot be read. */
function uidOf(folder: string): string | undefined {
  const [, uid] = /^External-Identifier: (\S+)$/m.exec(readTag(folder, BAG_INFO)?.toString('utf8') ?? '') ?? [];
  return uid !== undefined && isUid(uid) ? uid : undefined;
}

function withNotes(snapshot: Snapshot, learnt: Learnt): Snapshot {
  const { verifiedAt, slices, verifications, pin, answer, damaged, unsureOf } = learnt;
  const newest = new Map<string, Verification>();
  for (const one of [...snapshot.verifications, ...verifications]) newest.set(one.level, one);
  return {
    ...snapshot,
    verifications: [...newest.values()],
    ...readings(snapshot, latest(snapshot.verifiedAt, verifiedAt), slices),
    pin,
    ...(unsureOf !== undefined && { unsure: `line ${unsureOf} of its notes cannot be read` }),
    change: snapshot.change && { ...snapshot.change, ...(answer !== undefined && { answer }) },
    damaged,
  };
}

/** What the parts were inherited with, and what was read since: with all of them together every byte was read. */
function readings(
  { slices: inherited = [] }: Snapshot,
  verifiedAt: number | null,
  own: Learnt['slices'],
): Pick<Snapshot, 'verifiedAt' | 'slices'> {
  const of = (own[0] ?? inherited[0])?.[1];
  const all = new Map([...inherited, ...own].filter((one) => one[1] === of).map((one) => [one[0], one]));
  if (of === undefined) return { verifiedAt };
  const slices = [...all.values()];
  const oldest = slices.length === of ? Math.min(...slices.map(([, , at]) => at)) : null;
  return { verifiedAt: latest(verifiedAt, oldest), slices };
}

const latest = (one: number | null, other: number | null): number | null =>
  one === null ? other : other === null ? one : Math.max(one, other);
