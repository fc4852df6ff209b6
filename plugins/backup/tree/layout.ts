// Where everything lies in a target of plain folders: names that people and other programs may rely on.
//
//   <target>/realm-target.json  README.txt  .realm/{lease,trash,quarantine,state}
//   <target>/<policy>/<label>/  bagit.txt  bag-info.txt  backup.json  entries.jsonl  manifest-sha256.txt
//                               tagmanifest-sha256.txt  data/<path below the config's folder>
//   <target>/<policy>/.partial-<uid>/   what a run is making; the same parent, so that the commit is one rename
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteText, toPath } from '../byte-text.ts';

export const TARGET_FILE = 'realm-target.json';
export const README = 'README.txt';
export const DATA = 'data';
export const MANIFEST = 'manifest-sha256.txt';
export const TAG_MANIFEST = 'tagmanifest-sha256.txt';
export const ENTRIES = 'entries.jsonl';
export const RECORD = 'backup.json';
export const BAG = 'bagit.txt';
export const BAG_INFO = 'bag-info.txt';
/** In a partial one: each line a file that is written and on its way to the disk, so that the next start goes on there. */
export const JOURNAL = 'journal.jsonl';
/** In a partial one: who makes it. */
export const STAGE = 'stage.json';
const PARTIAL = '.partial-';

/** Whether backups are kept in a folder, whoever keeps them. */
export const isTarget = (folder: ByteText): boolean => existsSync(toPath(`${folder}/${TARGET_FILE}` as ByteText));

export const policyFolder = (target: string, policy: string): string => join(target, policy);
export const snapshotFolder = (target: string, policy: string, label: string): string => join(target, policy, label);
export const partialFolder = (target: string, policy: string, uid: string): string =>
  join(target, policy, `${PARTIAL}${uid}`);
export const isPartial = (name: string): boolean => name.startsWith(PARTIAL);
/** Ours, not a person's: names that begin with a dot are never snapshots. */
export const isHidden = (name: string): boolean => name.startsWith('.');

const own = (target: string, ...parts: readonly string[]): string => join(target, '.realm', ...parts);
export const leaseFolder = (target: string, scope: string): string => own(target, 'leases', scope);
export const trashFolder = (target: string): string => own(target, 'trash');
export const quarantineFolder = (target: string): string => own(target, 'quarantine');
/** Files on their way into a snapshot that is healed: at no time is half of one in the snapshot itself. */
export const healingFolder = (target: string): string => own(target, 'healing');
/** What is learnt of a snapshot later; the snapshot itself never changes. One JSON object a line. */
export const notesFile = (target: string, uid: string): string => own(target, 'state', `${uid}.jsonl`);

/**
 * How the mode of a source (permission bits) lies in a snapshot: nobody writes a file again, its owner can read it, and
 * set-id bits mean nothing there. Folders stay writable for their owner, so that `rm -r` works as for any other folder.
 */
export const storedMode = (entry: { readonly type: string; readonly mode: number }): number =>
  entry.type === 'folder' ? (entry.mode & 0o777) | 0o700 : (entry.mode & 0o555) | 0o400;

/** A uid becomes a part of names of files, and is read from files: nothing in it may lead elsewhere. */
export const isUid = (text: string): boolean => /^[\w-]{1,80}$/.test(text);
