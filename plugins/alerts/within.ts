// Work that may take so long and no longer, and that ends when its plugin set does.
import type { Context } from 'realm-runner/plugin';

/** A message did not get through; the sentence shows no address and no secret. */
export class Undelivered extends Error {
  /** The receiver asked not to be tried before. */
  readonly retryAfterMs: number | undefined;

  constructor(why: string, retryAfterMs?: number) {
    super(why);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * `work` is told by its signal; when it cannot end, as a write to a disk that hangs, it is left behind. Throws Undelivered
 * when it is late, the context's reason when that ends, else what `work` throws.
 */
export async function within<T>(
  ms: number,
  ctx: Pick<Context, 'signal' | 'sleep'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const settled = new AbortController();
  const signal = AbortSignal.any([late.signal, ctx.signal]);
  const alarm = ctx.sleep(ms, AbortSignal.any([settled.signal, ctx.signal])).then(
    () => late.abort(new Undelivered(`no answer within ${ms / 1000} s`)),
    () => {}, // it settled in time, or all is over
  );
  const cut = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  cut.catch(() => {}); // nobody may wait for it any more
  try {
    return await Promise.race([work(signal), cut]);
  } finally {
    settled.abort();
    await alarm;
  }
}
