// Carries runs out in virtual time: nothing happens but that time passes, as much as experience says.
import type { Clock, Timer } from '../clock.ts';
import type { Executor, Found, RunEnd, RunHooks } from '../runs/executor.ts';
import type { RunTable, StoredRun } from '../store/runs.ts';

export interface SimulatedExecutorParts {
  readonly clock: Clock;
  readonly runs: Pick<RunTable, 'list'>;
  /** How long a run is thought to last, in ms, where nothing is known from earlier ones. */
  readonly estimate?: (run: StoredRun) => number | undefined;
  /** How it ends. Default: it succeeds with no output. */
  readonly end?: (run: StoredRun) => RunEnd;
}

export interface Duration {
  readonly ms: number;
  /** Where the figure comes from, in words. */
  readonly from: string;
}

const REMEMBERED = 10;
const LOOKED_AT = 200;
const UNKNOWN_MS = 60_000;

/** The median of the last ten successes of the same action for the same resource, else the estimate, else a minute. */
export function expectedDuration(run: StoredRun, { runs, estimate }: Omit<SimulatedExecutorParts, 'clock'>): Duration {
  const ref = run.forRef === null ? {} : { ref: run.forRef };
  const lasted = runs
    .list({ ...ref, state: 'succeeded', limit: LOOKED_AT })
    .filter((past) => past.action === run.action && past.startedAt !== null && past.endedAt !== null)
    .slice(0, REMEMBERED)
    .map((past) => past.endedAt! - past.startedAt!)
    .toSorted((a, b) => a - b);
  const middle = lasted.length >> 1;
  if (lasted.length > 0) {
    const ms = lasted.length % 2 === 1 ? lasted[middle]! : (lasted[middle - 1]! + lasted[middle]!) / 2;
    return { ms, from: `median of the last ${lasted.length} successes` };
  }
  const guess = estimate?.(run);
  return guess === undefined ? { ms: UNKNOWN_MS, from: 'nothing is known, a minute' } : { ms: guess, from: 'estimate' };
}

export function simulatedExecutor(parts: SimulatedExecutorParts): Executor {
  const going = new Map<string, { readonly timer: Timer; readonly hooks: RunHooks }>();
  const finish = (id: string, end: RunEnd): void => {
    const one = going.get(id);
    if (one === undefined) return;
    going.delete(id);
    one.timer.cancel();
    one.hooks.ended(end);
  };
  const begin = (run: StoredRun, hooks: RunHooks): void => {
    const { ms, from } = expectedDuration(run, parts);
    const end = parts.end?.(run) ?? { state: 'succeeded', output: null };
    going.set(run.id, { hooks, timer: parts.clock.after(ms, () => finish(run.id, end)) });
    hooks.progress({ phase: 'simulated', why: `lasts ${ms / 1000} s: ${from}` });
  };
  return {
    note: () => ({}),
    begin,
    cancel: (run, reason) => finish(run.id, { state: 'cancelled', reason }),
    find: (): Found => ({ state: 'lost', reason: 'the simulation that carried it out ended' }),
    isAlive: (run) => going.has(run.id),
    close: async () => {
      for (const { timer } of going.values()) timer.cancel();
      going.clear();
    },
  };
}
