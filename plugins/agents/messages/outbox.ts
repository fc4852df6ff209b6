// Outboxes: what lies in one in its order, each file read without ever following or waiting for it, and bad ones set aside.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Envelope, parseMessage, Refused } from './envelope.ts';
import { folderAt, makeSharedFolder } from './folder.ts';

/** No more of them are taken up in one turn. */
const MOST_NAMES = 20_000;
/** A file that may be half written is left alone for so long. */
const SETTLE_MS = 2_000;
const LONGEST_NAME = 200;
/** What the names of files become as text: one character for each byte, whatever their encoding. */
const BYTES = 'latin1';

export interface Found {
  /** Its bytes as latin1. */
  readonly name: string;
  readonly changedAt: number;
  readonly bytes: number;
}

export const pathOf = (folder: string, name: string): Buffer =>
  Buffer.from(`${Buffer.from(folder).toString(BYTES)}/${name}`, BYTES);

/**
 * The oldest of all that lie there, by their times of change, then by their names. `pause` is called between two of them.
 *
 * A listing may miss what is put there while it is made, and show what was put there after that. So it is listed twice:
 * whatever came before the last that the first one shows was there by then, and the second one shows it (readdir(3p)).
 */
export async function lyingIn(
  folder: string,
  pause: () => Promise<void> | undefined,
  most = MOST_NAMES,
): Promise<readonly Found[]> {
  if (folderAt(folder) === undefined) return [];
  const first = await listed(folder, new Map(), pause, most);
  const last = first.at(-1);
  if (last === undefined) return [];
  const known = new Map(first.map((one) => [one.name, one]));
  const second = await listed(folder, known, pause, most);
  return second.filter((one) => older(one, last) <= 0);
}

/** `known`: those whose time was looked at already. */
async function listed(
  folder: string,
  known: ReadonlyMap<string, Found>,
  pause: () => Promise<void> | undefined,
  most: number,
): Promise<Found[]> {
  let found: Found[] = [];
  // The encoding is the system's own bytes; the type of Node knows fewer names for it than Node.
  for await (const { name } of await opendir(folder, { encoding: BYTES, bufferSize: 512 })) {
    if (!name.endsWith('.json') || name.startsWith('.')) continue;
    const seen = known.get(name) ?? foundAt(folder, name);
    if (seen !== undefined) found.push(seen);
    if (found.length === 1.5 * most) found = oldestOf(found, most);
    await pause();
  }
  return oldestOf(found, most);
}

function foundAt(folder: string, name: string): Found | undefined {
  const seen = lstatSync(pathOf(folder, name), { throwIfNoEntry: false });
  return seen && { name, changedAt: seen.mtimeMs, bytes: seen.size };
}

const older = (a: Found, b: Found): number =>
  a.changedAt - b.changedAt || (a.name < b.name ? -1 : a.name === b.name ? 0 : 1);

const oldestOf = (found: Found[], most: number): Found[] => found.sort(older).slice(0, most);

/** A file as it was read: another one may be renamed into its place at any time. */
export interface Read {
  readonly name: string;
  readonly changedAt: number;
  readonly inode: number;
  readonly envelope: Envelope;
}

/** null: it is gone, or may only be half written yet. Throws Refused. */
export function readMessage(folder: string, { name }: Found, largest: number, now: number): Read | null {
  const found = readSafely(pathOf(folder, name), largest);
  if (found === null) return null;
  const { bytes, ...file } = found;
  try {
    return { name, ...file, envelope: parseMessage(bytes) };
  } catch (error) {
    const isYoung = Math.abs(now - file.changedAt) < SETTLE_MS;
    if (error instanceof Refused && error.isTorn && isYoung) return null;
    throw error;
  }
}

function readSafely(path: Buffer, largest: number): { bytes: Buffer; changedAt: number; inode: number } | null {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP' || code === 'EMLINK') throw new Refused('it is a link, which is not followed');
    if (code === 'ENXIO') throw new Refused('it is a socket or a device');
    if (code === 'EACCES' || code === 'EPERM') throw new Refused('it may not be read');
    throw error;
  }
  try {
    const found = fstatSync(handle);
    const { size, mtimeMs, ino } = found;
    if (!found.isFile()) throw new Refused('it is no regular file');
    if (size > largest) throw new Refused(`it has ${size} bytes, more than the ${largest} that a message may have`);
    const bytes = Buffer.alloc(size);
    let length = 0;
    for (let read = 1; read > 0 && length < size; length += read)
      read = readSync(handle, bytes, length, size - length, length);
    return { bytes: bytes.subarray(0, length), changedAt: mtimeMs, inode: ino };
  } finally {
    closeSync(handle);
  }
}

/** Taken, and on the disk: this is the acknowledgement. What was renamed into its place meanwhile stays. Throws what the system throws. */
export function takeAway(folder: string, { name, changedAt, inode }: Read): void {
  const path = pathOf(folder, name);
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.ino === inode && found.mtimeMs === changedAt) unlinkSync(path);
}

/** Into `refused/`, with the reason in a file beside it, which comes first. Throws what the system throws. */
export function setAside(home: string, { name, changedAt }: Found, why: string): void {
  makeSharedFolder(home, 'outbox', 'refused');
  const refused = join(home, 'outbox', 'refused');
  const base = name.slice(0, Math.min(name.length - '.json'.length, LONGEST_NAME));
  let free = `${base}.json`;
  for (let n = Math.floor(changedAt); isTaken(refused, free); n++) free = `${base}.${n}.json`;
  writeFileSync(pathOf(refused, `${free}.why.txt`), `${why}\n`, { flag: 'wx' });
  renameSync(pathOf(join(home, 'outbox'), name), pathOf(refused, free));
}

const isTaken = (folder: string, name: string): boolean =>
  [name, `${name}.why.txt`].some((one) => lstatSync(pathOf(folder, one), { throwIfNoEntry: false }) !== undefined);
