// What engines need of the world, from the context of a run.
import type { Context } from 'realm-runner/plugin';
import type { Tools } from './engine.ts';

/** Progress is told at most so often by the kernel; `said` collects remarks for the answer of the run. */
export function toolsOf(ctx: Context): Tools & { readonly said: readonly string[] } {
  const said: string[] = [];
  return {
    said,
    now: () => ctx.now(),
    random: () => ctx.random(),
    signal: ctx.signal,
    progress: (at) => ctx.progress(at),
    say: (message) => {
      said.push(message);
      ctx.log.info(message);
    },
    step: () => {},
  };
}
