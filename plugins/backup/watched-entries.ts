// What a watched policy had saved in a repository, kept on this side: looking for changes must not start the program that knows it.
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RealmError, writeAtomic } from 'realm-runner/plugin';
import type { Engine } from './engine.ts';
import type { Entry } from './entry.ts';
import type { Snapshot } from './snapshot.ts';
import { decodeEntry, encodeEntry } from './tree/entries-file.ts';

const fileOf = (policy: string, data: string): string => join(data, 'watched', `${policy}.jsonl`);

/** Of the newest alone; to be called by the run that made it. */
export async function keepEntries(engine: Engine, snapshot: Snapshot, data: string): Promise<void> {
  const lines = [JSON.stringify({ uid: snapshot.uid })];
  for await (const entry of engine.entries(snapshot)) lines.push(encodeEntry(entry));
  const file = fileOf(snapshot.policy, data);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeAtomic(file, `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Throws BACKUP_DAMAGED when they are not kept, or of another one, or not whole. */
export async function* keptEntries({ policy, uid, id }: Snapshot, data: string): AsyncGenerator<Entry> {
  try {
    const [head, ...lines] = readFileSync(fileOf(policy, data), 'utf8').trimEnd().split('\n');
    if ((JSON.parse(head ?? '') as { readonly uid?: unknown }).uid !== uid) throw new Error('they are of another one');
    for (const line of lines) yield decodeEntry(line, false);
  } catch (cause) {
    throw new RealmError('BACKUP_DAMAGED', `the entries of ${id} are not kept here: ${(cause as Error).message}`, {
      cause,
    });
  }
}
