// Where a run makes its snapshot: a hidden folder beside the others, taken over from one that was interrupted.
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeAtomic } from 'realm-runner/plugin';
import type { ByteText } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import { decodeEntry, encodeEntry, linesOf } from './entries-file.ts';
import { DATA, ENTRIES, isPartial, JOURNAL, partialFolder, policyFolder, STAGE } from './layout.ts';
import { LineFile } from './line-file.ts';
import { thisProcess } from '../maker.ts';

export interface Stage {
  readonly folder: string;
  /** What an interrupted run left is in it. */
  readonly isResumed: boolean;
}

/** The caller has the lease: whatever is at work here, its maker is dead or has lost its turn, and can never commit. */
export function openStage(target: string, policy: string, uid: string, host: string, tools: Tools): Stage {
  const folder = partialFolder(target, policy, uid);
  const all = policyFolder(target, policy);
  const left = readdirSync(all)
    .filter(isPartial)
    .map((name) => join(all, name))
    .sort((one, other) => lstatSync(other).mtimeMs - lstatSync(one).mtimeMs);
  tools.step('backup.stage:before');
  const useful = left.find((path) => existsSync(join(path, ENTRIES)) || existsSync(join(path, JOURNAL)));
  // The name is the fence: whoever made it so far, and wakes late, finds nothing to commit.
  if (useful !== undefined) renameSync(useful, folder);
  for (const path of left) if (path !== useful) rmSync(path, { recursive: true, force: true });
  mkdirSync(join(folder, DATA), { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const { pid, startTime, bootId, namespace } = thisProcess(host);
  const stage = { uid, policy, host, pid, startTime, bootId, namespace, since: new Date(tools.now()).toISOString() };
  writeAtomic(join(folder, STAGE), `${JSON.stringify(stage)}\n`, { durable: false });
  if (useful !== undefined) makeJournal(folder);
  tools.step('backup.stage:after');
  return { folder, isResumed: useful !== undefined };
}

/** The entries that were written so far become the journal; beyond them an older journal still counts. */
function makeJournal(folder: string): void {
  const [entries, journal] = [join(folder, ENTRIES), join(folder, JOURNAL)];
  if (existsSync(entries)) {
    const next = `${journal}.next`;
    rmSync(next, { force: true });
    const file = new LineFile(next, 'utf8');
    let last = '';
    for (const entry of readJournal(entries)) {
      file.add(encodeEntry(entry));
      last = entry.path;
    }
    if (existsSync(journal))
      for (const entry of readJournal(journal)) if (entry.path > last) file.add(encodeEntry(entry));
    file.close();
    renameSync(next, journal);
  }
  const kept = new Set([DATA, JOURNAL, STAGE]);
  for (const name of readdirSync(folder))
    if (!kept.has(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** Lines as far as they are whole: it may have been torn anywhere. */
export function* readJournal(file: string): Generator<Entry> {
  if (!existsSync(file)) return;
  let last = '' as ByteText;
  for (const line of linesOf(file)) {
    try {
      const entry = decodeEntry(line);
      if (entry.path <= last) return;
      last = entry.path;
      yield entry;
    } catch {
      return; // torn here
    }
  }
}

/** What only serves the making goes; then the folder is as it will be for ever. */
export function clearStage(folder: string): void {
  rmSync(join(folder, JOURNAL), { force: true });
  rmSync(join(folder, STAGE), { force: true });
}
