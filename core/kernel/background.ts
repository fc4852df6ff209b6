// One background of a plugin at work: what it throws is trouble of its plugin, and it is begun again after a pause.
import { type Clock, sleep } from '../clock.ts';
import { messageOf } from '../errors.ts';

const FIRST_PAUSE_MS = 1_000;
/** Also how long it has to go on to count as well again. */
const LONGEST_PAUSE_MS = 60_000;

export interface BackgroundParts {
  readonly loop: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly stop: AbortSignal;
  /** null: it works again. */
  readonly trouble: (message: string | null) => void;
}

/**
 * Until `stop`, or until the loop ends by itself, which is a defect. Each try has a signal of its own: what a try leaves
 * behind, such as a hearer, ends with it.
 */
export async function keepGoing({ loop, clock, stop, trouble }: BackgroundParts): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!stop.aborted) {
    const over = new AbortController();
    const well = clock.after(LONGEST_PAUSE_MS, () => {
      pauseMs = FIRST_PAUSE_MS;
      trouble(null);
    });
    try {
      await loop(AbortSignal.any([stop, over.signal]));
      if (!stop.aborted) trouble('ended by itself');
      return;
    } catch (error) {
      if (!stop.aborted) trouble(messageOf(error));
    } finally {
      well.cancel();
      over.abort(new Error('it is begun again'));
    }
    await sleep(clock, pauseMs, stop).catch(() => {}); // told to stop: the loop ends
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}
