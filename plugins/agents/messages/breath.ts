// Gives everybody else a turn: after a few milliseconds of work at the latest.
import type { Context } from 'realm-runner/plugin';

const WORK_MS = 4;
/** Where time stands still, as in simulations. */
const MOST_STEPS = 1_000;

/** What it answers is called between two steps, and awaited. */
export function breath(ctx: Pick<Context, 'now' | 'sleep'>): () => Promise<void> | undefined {
  let steps = 0;
  let since = ctx.now();
  return () => {
    steps += 1;
    const worked = ctx.now() - since;
    if (steps < MOST_STEPS && worked >= 0 && worked < WORK_MS) return undefined;
    return ctx
      .sleep(0)
      .catch(() => {}) // all is over: what was begun is still brought to an end
      .then(() => {
        steps = 0;
        since = ctx.now();
      });
  };
}
