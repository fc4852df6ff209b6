// A point in time after which an answer no longer counts.
import type { Context } from 'realm-runner/plugin';

export interface Deadline {
  /** Aborts when it has passed, or when the context ends. */
  readonly signal: AbortSignal;
  /** Resolves at that moment. */
  readonly passed: Promise<void>;
  /** The answer came: nothing aborts any more. */
  cancel(): void;
}

export function deadline(ctx: Context, ms: number): Deadline {
  const late = new AbortController();
  const answered = new AbortController();
  const pass = (): void => {
    if (!answered.signal.aborted) late.abort(new Error(`no answer within ${ms / 1000} s`));
  };
  const passed = ctx.sleep(ms, AbortSignal.any([answered.signal, ctx.signal])).then(pass, pass);
  return { signal: late.signal, passed, cancel: () => answered.abort() };
}
