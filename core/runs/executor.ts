// What carrying out a run means: the interface between the runs and whoever executes them, and a choice between two.
import type { Progress } from '../contract/context.ts';
import type { StoredRun } from '../store/runs.ts';

/** How an execution ended. `lost`: it is gone, and nobody knows how it went. */
export type RunEnd =
  | { readonly state: 'succeeded'; readonly output: unknown; readonly exitCode?: number | null }
  | {
      readonly state: 'failed' | 'cancelled' | 'lost';
      readonly reason: string;
      readonly exitCode?: number | null;
      /** What it did all the same, if it says so. */
      readonly output?: unknown;
    };

/** Why a run failed, in a line: what the action said, and the code that `realm explain` knows. */
export const failureText = ({
  code,
  message,
}: {
  readonly code?: string | undefined;
  readonly message: string;
}): string => (code === undefined ? message : `${message} (${code})`);

/** What an executor tells. `ended` is told once; what comes after is ignored. */
export interface RunHooks {
  progress(at: Progress): void;
  ended(end: RunEnd): void;
}

/**
 * What became of a run that an earlier life of this program had begun: still going (its hooks will be called), over,
 * or certainly never started.
 */
export type Found = 'going' | 'never started' | RunEnd;

export interface Executor {
  /** What is stored with the run before it begins, for `find` in a later life. Plain JSON; touches nothing. */
  note(run: StoredRun): object;
  /** Begins. Failing to begin is an end too: it never throws. Called only after the run is stored as running. */
  begin(run: StoredRun, hooks: RunHooks): void;
  /** Asks it to stop, and makes it stop when it will not. The end is told through the hooks. */
  cancel(run: StoredRun, why: string): void;
  find(run: StoredRun, hooks: RunHooks): Found;
  isAlive(run: StoredRun): boolean;
  /** Lets go. What can outlive this process does; what cannot is cancelled, and its end told before this resolves. */
  close(): Promise<void>;
}

interface Noted {
  readonly by?: string;
}

/** Sends each run to one of several executors by name, and keeps to that choice in later lives. */
export function chooseExecutor(
  choose: (run: StoredRun) => string,
  executors: Readonly<Record<string, Executor>>,
): Executor {
  const named = (name: string | undefined): Executor | undefined =>
    name === undefined || !Object.hasOwn(executors, name) ? undefined : executors[name];
  const of = (run: StoredRun): Executor | undefined => named((run.process as Noted | null)?.by);
  return {
    note(run) {
      const by = choose(run);
      return { ...named(by)?.note(run), by };
    },
    begin(run, hooks) {
      const executor = of(run);
      if (executor === undefined) hooks.ended({ state: 'failed', reason: 'nobody here can carry it out' });
      else executor.begin(run, hooks);
    },
    cancel: (run, why) => of(run)?.cancel(run, why),
    find: (run, hooks) =>
      of(run)?.find(run, hooks) ?? { state: 'lost', reason: 'nobody here knows how to look for it' },
    isAlive: (run) => of(run)?.isAlive(run) ?? false,
    close: async () => {
      await Promise.all(Object.values(executors).map((executor) => executor.close()));
    },
  };
}
