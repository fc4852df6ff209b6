// Gives memory back once a daemon is at rest: what a load leaves behind, 30 MiB for 1,000 resources, V8 keeps while nothing wants room.
import { flushCompileCache } from 'node:module';
import type { Clock, Timer } from '../clock.ts';

/** After a load: whatever it brought along has been read by then. */
const LOADED_MS = 1_000;
/** After a load, and so long that whoever edits again and again is not kept waiting. */
const AT_REST_MS = 10_000;

type Collect = (options: { type: 'major'; execution: 'async'; flavor: 'last-resort' }) => unknown;

/**
 * To be called at each load; some time after the last one garbage is collected, once. With 1,000 resources the loop then
 * stands still for about 60 ms. Collects nothing where the launcher did not pass `--expose-gc`.
 *
 * `keepCode`: Node writes its code cache when a process ends, and a daemon that is killed never does: the next one would
 * strip types again, and carry the stripper, 20 MiB, for its whole life. Written soon, for those that are killed early, and
 * once more at rest, with what was compiled since.
 */
export function givesBack(
  clock: Clock,
  collect = globalThis.gc as Collect | undefined,
  keepCode: () => void = flushCompileCache,
): () => void {
  let timers: Timer[] = [];
  return () => {
    for (const timer of timers) timer.cancel();
    timers = [
      clock.after(LOADED_MS, keepCode),
      clock.after(AT_REST_MS, () => {
        keepCode();
        collect?.({ type: 'major', execution: 'async', flavor: 'last-resort' });
      }),
    ];
  };
}
