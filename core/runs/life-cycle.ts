// The states of a run and the legal moves between them. Pure.
import type { RunView } from '../contract/context.ts';

export type RunState = RunView['state'];

/** What may follow. A run goes back to queued only when it is certain that nothing of it was ever started. */
const NEXT: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'cancelled'],
  running: ['succeeded', 'failed', 'cancelled', 'lost', 'queued'],
  succeeded: [],
  failed: [],
  cancelled: [],
  skipped: [],
  lost: [],
};

export const RUN_STATES = Object.keys(NEXT) as readonly RunState[];
/** A new run waits its turn, or is written down as skipped at once. */
export const FIRST_STATES: readonly RunState[] = ['queued', 'skipped'];

export const canMove = (from: RunState, to: RunState): boolean => NEXT[from].includes(to);
export const isEnded = (state: RunState): boolean => NEXT[state].length === 0;
