// One plugin set at work: its hooks, listeners, followers and backgrounds. Replaced as a whole on reload.
import type { Context } from '../contract/context.ts';
import type { Step, Stopping, Wait } from '../contract/hooks.ts';
import type { createHooks, Hooks } from '../hooks.ts';
import type { Ref } from '../model/ref.ts';
import { keepGoing } from './background.ts';
import { type Doing, KernelContext, type Lender } from './context.ts';
import type { Background } from '../registry/registry.ts';
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

  /** Aborts when it stops. */
  get over(): AbortSignal {
    return this.#stop.signal;
  }

  context(plugin: string, ref: Ref | undefined, signal: AbortSignal = this.#stop.signal, doing?: Doing): Context {
    return new KernelContext(plugin, ref, signal, this.lender, doing);
  }

  review(step: Step): Promise<Wait | undefined> {
    return this.hooks.review(step);
  }

  /** Starts listening and every background. */
  async start(listen: (set: PluginSet) => readonly (() => void)[]): Promise<void> {
    this.#unlisten = [...listen(this)];
    await this.hooks.starting();
    this.#begin(this.lender.registry.backgrounds);
  }

  /** In a process that ends when all is applied: what others wait for there. Once is enough. */
  startOnce(): void {
    if (this.#loops.length === 0) this.#begin(this.lender.registry.backgrounds.filter(({ alsoOnce }) => alsoOnce));
  }

  #begin(backgrounds: readonly Background[]): void {
    for (const { plugin, name, loop } of backgrounds) {
      this.#loops.push(
        keepGoing({
          loop: async (signal) => loop(this.context(plugin, undefined, signal)),
          clock: this.lender.world.clock,
          stop: this.#stop.signal,
          trouble: (message) => this.#troubles.set(plugin, `background ${name}`, message),
        }),
      );
    }
  }

  /** Ends within its budget: a background that is not over by then is left behind. Answers with what could not be ended. */
  async stop(how: Stopping): Promise<readonly Ref[]> {
    const { clock } = this.lender.world;
    const endsAt = clock.now() + how.budgetMs;
    const left = await this.hooks.stopping(how);
    for (const leave of this.#unlisten) leave();
    this.#stop.abort(new Error('the plugin set stops'));
    let timer: { cancel(): void } | undefined;
    const late = new Promise<void>(
      (resolve) => (timer = clock.after(Math.max(0, endsAt - clock.now()), resolve, true)),
    );
    await Promise.race([Promise.all(this.#loops), late]);
    timer?.cancel();
    return left;
  }
}

/** For a process that only looks; its plans ask reviews in their own way (`foresight`). */
export const noHooks: typeof createHooks = () => ({
  review: async () => undefined,
  settled: async () => {},
  starting: async () => {},
  stopping: async () => [],
});
