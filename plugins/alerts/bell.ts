// Wakes a waiting loop: rings merge, and losing one never matters.
import type { Context } from 'realm-runner/plugin';

export class Bell {
  #rung = Promise.withResolvers<void>();

  ring(): void {
    this.#rung.resolve();
  }

  /** Until it rings, or `ms` have passed, or the context ends. */
  async wait(ms: number, ctx: Pick<Context, 'signal' | 'sleep'>): Promise<void> {
    const over = new AbortController();
    const late = ctx.sleep(ms, AbortSignal.any([over.signal, ctx.signal])).catch(() => {}); // it rang, or all is over
    await Promise.race([this.#rung.promise, late]);
    over.abort();
    this.#rung = Promise.withResolvers();
  }
}
