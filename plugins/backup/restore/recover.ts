// What an interrupted restore left: finished when all was staged, else taken away. And what is over is cleared away.
import type { Tools } from '../engine.ts';
import { backward, type Course, discard, enter, forward } from './course.ts';
import { claim, dropJournal, isUnderWay, readJournals, type SwapJournal, writeJournal } from './journal.ts';
import { ownId } from '../maker.ts';

export interface Recovered {
  readonly uid: string;
  readonly snapshots: readonly string[];
  /** finished: what was restored is in place. undone: what was there before is. */
  readonly outcome: 'finished' | 'undone';
  readonly why: string;
}

/** To be called before anything else is restored, and when Realm starts. Leaves alone what another process is doing. */
export function recoverSwaps(stateDir: string, tools: Pick<Tools, 'say' | 'step'>): Recovered[] {
  const course: Course = { stateDir, step: (point) => tools.step(point) };
  const found: Recovered[] = [];
  for (const journal of readJournals(stateDir)) {
    if (isKept(journal) || isUnderWay(journal)) continue;
    const letGo = claim(stateDir, journal.uid);
    if (letGo === undefined) continue;
    try {
      const recovered = recoverOne({ ...journal, owner: ownId() }, course);
      if (journal.stage === 'undone') continue;
      found.push(recovered);
      tools.say(toldOf(recovered));
    } finally {
      letGo();
    }
  }
  return found;
}

const toldOf = ({ snapshots, why }: Recovered): string =>
  `the restore of ${snapshots.join(' and ')} was interrupted: ${why}`;

/** For the answer of a verb. */
export const toldRecovered = (all: readonly Recovered[]): readonly string[] => all.map(toldOf);

/** A restore that is in the middle of its swap, or that another process settles: what is there is neither old nor new. */
export const tornBy = (stateDir: string): SwapJournal | undefined =>
  readJournals(stateDir).find(
    (one) => !isKept(one) && (!isUnderWay(one) || one.stage === 'swapping' || one.stage === 'taking-back'),
  );

/** Whether there is something to settle or to clear away. */
export const isUnsettled = (stateDir: string, now: number): boolean =>
  readJournals(stateDir).some((journal) => (isKept(journal) ? journal.keepUntil <= now : !isUnderWay(journal)));

/** It is over, and what was moved aside waits for an undo, or for its time. */
const isKept = ({ stage, keepUntil }: SwapJournal): boolean =>
  stage === 'done' || (stage === 'undone' && keepUntil > 0);

function recoverOne(journal: SwapJournal, course: Course): Recovered {
  const { uid, snapshots, stage } = journal;
  if (stage === 'swapping') {
    writeJournal(course.stateDir, journal);
    try {
      forward(journal, course);
      enter(journal, 'done', course);
      return { uid, snapshots, outcome: 'finished', why: 'all of it was staged, so it was put in place' };
    } catch (error) {
      takeBackWhole(enter(journal, 'taking-back', course), course);
      return {
        uid,
        snapshots,
        outcome: 'undone',
        why: `it could not be finished (${(error as Error).message}) and was taken back`,
      };
    }
  }
  if (stage === 'taking-back') takeBackWhole(journal, course);
  else clear(journal, course);
  return { uid, snapshots, outcome: 'undone', why: 'what was there before is there' };
}

export function takeBackWhole(journal: SwapJournal, course: Course): void {
  backward(journal, course);
  clear(enter({ ...journal, keepUntil: 0 }, 'undone', course), course);
}

/** Away with what is staged or was taken back, and with the journal. */
export function clear(journal: SwapJournal, { stateDir, step }: Course): void {
  step('backup.restore.clear:before');
  discard(journal);
  dropJournal(stateDir, journal.uid);
  step('backup.restore.clear:after');
}

/** Removes old copies whose time is over: afterwards they cannot be undone. Gives the uids. */
export function purgeRestores(stateDir: string, now: number, tools: Pick<Tools, 'step'>): string[] {
  const over = readJournals(stateDir).filter((journal) => isKept(journal) && journal.keepUntil <= now);
  for (const journal of over) purgeOne(journal, { stateDir, step: (point) => tools.step(point) });
  return over.map(({ uid }) => uid);
}

/** What is in place stays. */
export function purgeOne(journal: SwapJournal, { stateDir, step }: Course): void {
  step('backup.restore.purge:before');
  discard({ ...journal, made: journal.stage === 'undone' ? journal.made : [], opened: [] });
  dropJournal(stateDir, journal.uid);
  step('backup.restore.purge:after');
}
