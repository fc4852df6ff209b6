// Inboxes: a message is put there under its number, whole at once; gone from there, or in `done/`, it is acknowledged.
import { closeSync, constants, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { folderAt } from './folder.ts';
import type { MessageRecord } from './records.ts';

const LONGEST_ID = 100;
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Names sort as the messages came. */
export function inboxName({ seq, id }: Pick<MessageRecord, 'seq' | 'id'>): string {
  const plain = id.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, LONGEST_ID);
  return `${String(seq).padStart(12, '0')}-${plain}.json`;
}

/** As the agent gets it. */
export function messageText(message: MessageRecord): string {
  const { seq: sequence, id, from, to, type, priority, timestamp, reference, payload, context, rest } = message;
  return `${JSON.stringify({ ...rest, id, sequence, from, to, type, priority, timestamp, reference, payload, context })}\n`;
}

/** Not synced: after a power cut what was not acknowledged is put there again. */
export function putIn(inbox: string, name: string, text: string): void {
  const draft = join(inbox, `.${name}.tmp`);
  let handle: number;
  try {
    handle = openSync(draft, NEW, 0o666);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    unlinkSync(draft); // of an earlier life
    handle = openSync(draft, NEW, 0o666);
  }
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, join(inbox, name));
}

/** undefined: there is no inbox, so nobody can know what was acknowledged. Throws NotAFolder. */
export async function namesIn(inbox: string): Promise<ReadonlySet<string> | undefined> {
  if (folderAt(inbox) === undefined) return undefined;
  try {
    return new Set(await readdir(inbox));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export const isDone = (inbox: string, name: string): boolean =>
  lstatSync(join(inbox, 'done', name), { throwIfNoEntry: false }) !== undefined;

export function takeOut(inbox: string, name: string): void {
  try {
    unlinkSync(join(inbox, name));
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
