// One plugin set at work: its hooks, listeners, followers and backgrounds. Replaced as a whole on reload.
import type { Context } from '../contract/context.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import { messageOf } from '../errors.ts';
import type { createHooks, Hooks } from '../hooks.ts';
import type { Ref } from '../model/ref.ts';
import { KernelContext, type Lender } from './context.ts';
import type { Troubles } from './troubles.ts';

export class PluginSet {
  readonly lender: Lender;
  readonly hooks: Hooks;
  readonly #stop = new AbortController();
  readonly #troubles: Troubles;
  #loops: Promise<void>[] = [];
  #unlisten: (() => void)[] = [];

  /** `makeHooks` is given because a process that only looks asks nobody, and must not pay for hooks. */
  constructor(lender: Lender, troubles: Troubles, makeHooks: typeof createHooks) {
    this.lender = lender;
    this.#troubles = troubles;
    this.hooks = makeHooks(lender.registry.taps, {
      clock: lender.world.clock,
      contextFor: (plugin, signal) => this.context(plugin, undefined, signal),
      onTrouble: (plugin, hook, message) => troubles.set(plugin, `hook ${hook}`, message),
      onAnswer: (plugin, hook) => troubles.set(plugin, `hook ${hook}`, null),
    });
  }

  context(plugin: string, ref: Ref | undefined, signal: AbortSignal = this.#stop.signal): Context {
    return new KernelContext(plugin, ref, signal, this.lender);
  }

  review(step: Step): Promise<Wait | undefined> {
    return this.hooks.review(step);
  }

  /** Starts listening and every background; a background that ends or throws is trouble of its plugin. */
  async start(listen: (set: PluginSet) => readonly (() => void)[]): Promise<void> {
    this.#unlisten = [...listen(this)];
    await this.hooks.starting();
    for (const { plugin, name, loop } of this.lender.registry.backgrounds) {
      const where = `background ${name}`;
      this.#loops.push(
        Promise.try(loop, this.context(plugin, undefined)).then(
          () => {
            if (!this.#stop.signal.aborted) this.#troubles.set(plugin, where, 'ended by itself');
          },
          (error: unknown) => {
            if (!this.#stop.signal.aborted) this.#troubles.set(plugin, where, messageOf(error));
          },
        ),
      );
    }
  }

  async stop(budgetMs: number): Promise<void> {
    await this.hooks.stopping(budgetMs);
    for (const leave of this.#unlisten) leave();
    this.#stop.abort(new Error('the plugin set stops'));
    let timer: { cancel(): void } | undefined;
    const late = new Promise<void>((resolve) => (timer = this.lender.world.clock.after(budgetMs, resolve, true)));
    await Promise.race([Promise.all(this.#loops), late]);
    timer?.cancel();
  }
}

/** For a process that only looks: asks nobody. */
export const noHooks: typeof createHooks = () => ({
  review: async () => undefined,
  settled: async () => {},
  starting: async () => {},
  stopping: async () => {},
});
