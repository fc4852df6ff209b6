// Turns single tries of a probe into a verdict: thresholds, and a start in which failures count for nothing.
import type { ProbeSpec } from './spec.ts';
import type { Verdict } from './facts.ts';

export interface Tally {
  readonly is: Verdict['is'];
  /** In a row. */
  readonly failures: number;
  /** In a row. */
  readonly successes: number;
}

/** Longer between two tries of a service that has just been started would be waiting for nothing. */
const FIRST_MS = 100;

export const fresh = (is: Verdict['is'] = 'unsaid'): Tally => ({ is, failures: 0, successes: 0 });

/** `isStarting`: still within the time in which failures count for nothing; the first yes ends it, as with HEALTHCHECK of Docker. */
export function counted(tally: Tally, ok: boolean, isStarting: boolean, spec: ProbeSpec): Tally {
  if (ok) {
    const successes = tally.successes + 1;
    return { is: successes >= spec.successes ? 'yes' : tally.is, failures: 0, successes };
  }
  if (tally.is === 'unsaid' && isStarting) return fresh();
  const failures = tally.failures + 1;
  return { is: failures >= spec.failures ? 'no' : tally.is, failures, successes: 0 };
}

/** Starting programs is not as cheap as asking. */
export function pauseMs({ is }: Tally, isStarting: boolean, { every, exec }: ProbeSpec): number {
  if (is !== 'unsaid' || !isStarting) return every;
  return exec === undefined ? Math.min(every / 10, FIRST_MS) : every / 10;
}
