// Ends every run, those of earlier lives included, for whoever wants nothing of this realm to go on.
import type { Clock } from '../clock.ts';
import type { Runs } from '../runs/runs.ts';

const ALL = 1_000_000;

export interface EndRunsOptions {
  readonly why: string;
  readonly clock: Clock;
  /** What has not ended by then is left to itself, asked to end. */
  readonly budgetMs: number;
  /** Finds what earlier lives began. */
  readonly recover: () => Promise<void>;
}

export async function endRuns(runs: Runs, { why, clock, budgetMs, recover }: EndRunsOptions): Promise<void> {
  const end = (state: 'queued' | 'running'): Promise<unknown> =>
    Promise.allSettled(runs.list({ state, limit: ALL }).map(({ id }) => runs.cancel(id, why, 'kernel')));
  let late: { cancel(): void } | undefined;
  const tooLate = new Promise<void>((resolve) => (late = clock.after(budgetMs, resolve, true)));
  const ending = async (): Promise<void> => {
    await end('queued'); // before they are found again, which would begin them
    await recover();
    await end('running');
  };
  await Promise.race([ending(), tooLate]);
  late?.cancel();
}
