// When something that is still owed is tried again: later each time.
import type { RunFacts } from './facts.ts';
import { isFuture } from './future.ts';

const AGAIN_FIRST_MS = 60_000;
const AGAIN_MOST_MS = 3_600_000;

/** When a purpose is tried again: after a minute, then four times later each time, an hour at most. */
export function triedAgainAt({ endedAt, tries }: RunFacts, now = Infinity): number {
  if (isFuture(endedAt ?? 0, now)) return now; // by a clock that was wrong: nobody waits until that time has come
  return (endedAt ?? 0) + Math.min(AGAIN_MOST_MS, AGAIN_FIRST_MS * 4 ** Math.max(0, tries - 1));
}

const UNDONE_FIRST_MS = 2_000;

/** The same for one that went well and has changed nothing: somebody took away what it made, or it only says so. */
export function undoneAgainAt({ endedAt, tries }: Pick<RunFacts, 'endedAt' | 'tries'>, now: number): number {
  if (isFuture(endedAt ?? 0, now)) return now;
  return (endedAt ?? 0) + Math.min(AGAIN_MOST_MS, UNDONE_FIRST_MS * 4 ** Math.max(0, tries - 1));
}
