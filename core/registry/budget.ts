// Gives a piece of a plugin's work a limited time: late is a typed failure, and what comes after that is ignored.
import type { Clock } from '../clock.ts';

/** The work did not settle in time. `what` names it, as in `observe of file/motd`. */
export class Timeout extends Error {
  override readonly name = 'Timeout';
  readonly what: string;
  readonly ms: number;

  constructor(what: string, ms: number) {
    super(`${what} did not answer within ${ms} ms`);
    this.what = what;
    this.ms = ms;
  }
}

export interface Budget {
  readonly ms: number;
  readonly clock: Clock;
  /** Names the work in the message of a Timeout. */
  readonly what: string;
  /** When this aborts, the work's signal aborts too and the wait ends with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` and settles with it, or rejects after `ms` with Timeout, or with the outer signal's reason, whichever is
 * first. In the last two cases the signal given to `work` aborts; a result or failure that comes later is dropped.
 */
export function withBudget<T>(work: (signal: AbortSignal) => T | PromiseLike<T>, budget: Budget): Promise<T> {
  const { ms, clock, what, signal: outer } = budget;
  const inner = new AbortController();
  return new Promise<T>((resolve, reject) => {
    if (outer?.aborted) return reject(outer.reason);
    const end = (settle: () => void): void => {
      timer.cancel();
      outer?.removeEventListener('abort', onAbort);
      settle();
    };
    const giveUp = (reason: unknown): void =>
      end(() => {
        reject(reason);
        inner.abort(reason);
      });
    const onAbort = (): void => giveUp(outer?.reason);
    const timer = clock.after(ms, () => giveUp(new Timeout(what, ms)), true);
    outer?.addEventListener('abort', onAbort, { once: true });
    // A synchronous throw of `work` becomes a rejection like any other.
    void Promise.try(work, inner.signal).then(
      (value) => end(() => resolve(value)),
      (error: unknown) => end(() => reject(error)),
    );
  });
}
