// Takes a restore back: what was there before it comes again, and what went on since is not lost.
import { appendFileSync } from 'node:fs';
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, joined, shown } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import { ownId } from '../maker.ts';
import type { Root } from '../policy.ts';
import { backward, type Course, enter } from './course.ts';
import { newIn, oldIn } from './holder.ts';
import { carryFile, readJournals, type SwapJournal, type SwapUnit } from './journal.ts';
import { isAtOrBelow } from './place.ts';
import { presentAt, PresentWalk } from './present.ts';
import type { Owner } from './restore.ts';
import { type Safety, saveFirst, touched } from './safety.ts';
import { anyOf, everything, scopeOf } from './scope.ts';

/** Newest first. */
export const undoable = (stateDir: string): SwapJournal[] =>
  readJournals(stateDir)
    .filter(({ stage }) => stage === 'done')
    .reverse();

export interface UndoOptions {
  readonly stateDir: string;
  /** Of the restore; undefined: the newest. */
  readonly uid?: string | undefined;
  readonly owner?: Owner | undefined;
  /** Where what is there now is saved first, and of what; undefined: it is only kept aside. */
  readonly safety?: (Safety & { readonly roots: readonly Root[] }) | undefined;
}

export interface Undone {
  /** Of the restore that is taken back. */
  readonly uid: string;
  readonly snapshots: readonly string[];
  /** When it was made, ms. */
  readonly at: number;
  /** The snapshot of what was there until now; undefined: nothing had to be saved, or `unsaved` says why it was not. */
  readonly safety: string | undefined;
  readonly unsaved: string | undefined;
  /** Folders with what was there until now, and until when they are kept, ms. */
  readonly aside: readonly string[];
  readonly keptUntil: number;
}

/** The restore that an undo would take back. Throws BACKUP_RESTORE_REFUSED when there is none, or its time is over. */
export function restoreNamed(stateDir: string, uid?: string): SwapJournal {
  const all = undoable(stateDir);
  const found = uid === undefined ? all[0] : all.find((one) => one.uid === uid);
  if (found !== undefined) return found;
  throw new RealmError(
    'BACKUP_RESTORE_REFUSED',
    uid === undefined ? 'no restore can be undone' : `no restore ${uid} can be undone`,
    {
      hint: 'an old copy is kept for a day; a safety snapshot may still be in `realm backup list`',
    },
  );
}

/** Throws BACKUP_RESTORE_REFUSED when there is none, its time is over, or a later restore touched the same. */
export async function undo({ stateDir, uid, owner, safety }: UndoOptions, tools: Tools): Promise<Undone> {
  const found = restoreNamed(stateDir, uid);
  refuseCovered(found, stateDir);
  const course: Course = { stateDir, step: (point) => tools.step(point) };
  const saved = await saveFirst(safety === undefined ? [] : touched(found.units, safety.roots), safety, tools);
  await owner?.stop();
  const journal = { ...found, owner: ownId() };
  carryBack(journal, stateDir);
  const back = enter(journal, 'taking-back', course);
  backward(back, course);
  // What was restored, and all that came to it since, is kept for as long as the old was.
  const keptUntil = tools.now() + (journal.keepUntil - journal.at);
  enter({ ...back, keepUntil: keptUntil }, 'undone', course);
  await owner?.start();
  const { snapshots, at } = found;
  return { uid: found.uid, snapshots, at, safety: saved.id, unsaved: saved.unsaved, aside: asideOf(found), keptUntil };
}

/** What a later one put in place would go with the earlier one. */
function refuseCovered(found: SwapJournal, stateDir: string): void {
  for (const other of readJournals(stateDir)) {
    if (other.uid === found.uid || other.stage === 'undone' || (other.stage === 'done' && other.at < found.at))
      continue;
    const both = other.units.find((one) =>
      found.units.some(({ at }) => isAtOrBelow(at, one.at) || isAtOrBelow(one.at, at)),
    );
    if (both === undefined) continue;
    const when = new Date(other.at).toISOString();
    throw new RealmError(
      'BACKUP_RESTORE_REFUSED',
      `${shown(both.at)} was restored again from ${other.snapshots.join(' and ')} at ${when}, and would go with it`,
      { hint: `realm backup undo ${other.uid}   first` },
    );
  }
}

const asideOf = ({ units }: SwapJournal): readonly string[] => {
  const left = units.filter(({ holder, name }) => presentAt(name, newIn(holder, name)) !== undefined);
  return [...new Set(left.map(({ holder }) => shown(`${holder}/new` as ByteText)))];
};

/** What is append-only, or was never in the sources, goes on from where it is now: it is carried back. */
function carryBack(journal: SwapJournal, stateDir: string): void {
  const scope = journal.roots === undefined || !journal.isInPlace ? everything : scopeOf(journal.roots);
  const isAppendOnly = anyOf(journal.appendOnly);
  for (const unit of journal.units.filter(({ hasNew, hasOld }) => hasNew && hasOld)) {
    const lines = [...since(unit, (path) => !scope.holds(path) || isAppendOnly(path))];
    if (lines.length > 0) appendFileSync(carryFile(stateDir, journal.uid), `${lines.join('\n')}\n`, { flush: true });
  }
}

function* since(unit: SwapUnit, isCarried: (path: ByteText) => boolean): Generator<string> {
  const walk = new PresentWalk(['.' as ByteText], (path) => joined(unit.at, path.slice(2) as ByteText));
  for (let present = walk.next(); present !== undefined; present = walk.next()) {
    const inside = present.path.slice(2) as ByteText;
    if (inside === '' || present.type === 'folder' || !isCarried(joined(unit.path, inside))) continue;
    const before = joined(oldIn(unit.holder, unit.name), inside);
    if (presentAt(inside, before) === undefined) yield JSON.stringify([unit.path, inside]);
  }
}
