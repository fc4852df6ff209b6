// The course of a swap, written down before each part: forward, backward, and whichever way an interrupted one has to go.
import { closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { absent } from 'realm-runner/plugin';
import { type ByteText, toPath } from '../byte-text.ts';
import { newIn, oldIn, parentOf } from './holder.ts';
import { carryFile, type Stage, type SwapJournal, type SwapUnit, writeJournal } from './journal.ts';
import { setMetadata } from './metadata.ts';
import { purge } from '../tree/purge.ts';
import { carry, dropEmpty, putInPlace, type Steps, takeBack } from './swap.ts';

export interface Course extends Steps {
  readonly stateDir: string;
}

/** Writes down where it is, and gives the journal that says so. */
export function enter(journal: SwapJournal, stage: Stage, { stateDir, step }: Course): SwapJournal {
  const next = { ...journal, stage };
  step(`backup.restore.${stage}:before`);
  writeJournal(stateDir, next);
  step(`backup.restore.${stage}:after`);
  return next;
}

/** Everything new in place. The journal has to say `swapping`. */
export function forward(journal: SwapJournal, course: Course): void {
  for (const unit of journal.units) putInPlace(unit, course);
  const touched: ByteText[] = [];
  for (const [unit, path] of carried(journal, course.stateDir))
    touched.push(...carry(oldIn(unit.holder, unit.name), unit.at, path));
  for (const { at, now } of journal.opened) setMetadata(at, now);
  syncAll(journal, touched);
}

/** Everything old in place, without what was made for the new. The journal has to say `taking-back`. */
export function backward(journal: SwapJournal, course: Course): void {
  const touched: ByteText[] = [];
  for (const [unit, path] of carried(journal, course.stateDir)) {
    const [fresh, old] = [newIn(unit.holder, unit.name), oldIn(unit.holder, unit.name)];
    if (isThere(old)) touched.push(...carry(isThere(fresh) ? fresh : unit.at, old, path));
  }
  // Before the folders get other names: then nobody would find them to sync them.
  for (const folder of new Set(touched)) syncFolder(folder);
  for (const unit of journal.units.toReversed()) takeBack(unit, course);
  for (const { at, before } of journal.opened) setMetadata(at, before);
  syncAll(journal, []);
}

/** Nothing was swapped yet, or all of it is back: what is staged goes, and so does what was made for it. */
export function discard(journal: SwapJournal): void {
  for (const holder of journal.holders) {
    for (const part of ['new', 'old']) purge(`${holder}/${part}` as ByteText);
    dropEmpty(holder); // somebody else's files that stood in the way stay
  }
  for (const folder of journal.made.toReversed()) dropEmpty(folder);
  for (const { at, before } of journal.opened) setMetadata(at, before);
}

const isThere = (at: ByteText): boolean => lstatSync(toPath(at), { throwIfNoEntry: false }) !== undefined;

function* carried({ units, uid }: SwapJournal, stateDir: string): Generator<readonly [SwapUnit, ByteText]> {
  const byPath = new Map(units.map((unit) => [unit.path as string, unit]));
  let text: string;
  try {
    text = readFileSync(carryFile(stateDir, uid), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [unit, path] = JSON.parse(line) as [string, ByteText];
    yield [byPath.get(unit)!, path];
  }
}

/** What was staged has its name on the disk, and so has what was made for it, before the journal says that it is swapped. */
export function syncNames({ holders, made }: SwapJournal): void {
  for (const folder of new Set([...holders.map(parentOf), ...made, ...made.map(parentOf)])) syncFolder(folder);
}

/** The renames reach the disk before the journal says that they are done. `touched`: folders within what was swapped. */
function syncAll({ units, holders, opened }: SwapJournal, touched: readonly ByteText[]): void {
  const folders = new Set<ByteText>([
    ...units.map(({ at }) => parentOf(at)),
    ...opened.map(({ at }) => at),
    ...touched,
  ]);
  for (const holder of holders) for (const part of ['new', 'old']) folders.add(`${holder}/${part}` as ByteText);
  for (const folder of folders) syncFolder(folder);
}

function syncFolder(folder: ByteText): void {
  let handle: number;
  try {
    handle = openSync(toPath(folder || ('/' as ByteText)), 'r');
  } catch (error) {
    absent('ENOENT', 'ENOTDIR', 'EACCES')(error); // gone, or one that may be written to and not be read
    return;
  }
  try {
    fsyncSync(handle);
  } catch (error) {
    // Some filesystems cannot sync a folder; then the system does it in its own time.
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(handle);
  }
}

/** Folders that are missing above `at`, outermost first. */
export function missingAbove(at: ByteText): ByteText[] {
  const folder = parentOf(at);
  if (folder === '' || isThere(folder)) return [];
  return [...missingAbove(folder), folder];
}

export const makeFolder = (at: ByteText): void => mkdirSync(toPath(at), { mode: 0o700 });
