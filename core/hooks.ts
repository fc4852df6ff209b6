// The kernel's questions to plugins: who is asked, in which order, for how long, and what no answer means. Wraps tapable.
import { AsyncSeriesBailHook, AsyncSeriesHook } from 'tapable';
import type { Clock } from './clock.ts';
import type { Context } from './contract/context.ts';
import type { HookName, RealmHooks, Step, Stopping, TapOptions, Wait } from './contract/hooks.ts';
import { messageOf } from './errors.ts';
import type { Ref } from './model/ref.ts';
import { withBudget } from './registry/budget.ts';

const ANSWER_MS = 5_000;
const ASK_AGAIN_MS = 5_000;

/** One plugin's answer to one hook, as declared in its setup. */
export interface Tap<K extends HookName = HookName> {
  readonly plugin: string;
  readonly hook: K;
  readonly answer: RealmHooks[K];
  readonly options: TapOptions;
}

/** A review's Wait with the plugin that gave it. */
export interface Held extends Wait {
  readonly plugin: string;
}

export interface HooksOptions {
  readonly clock: Clock;
  /** The context of a plugin for one answer; `signal` aborts when its time is up. */
  readonly contextFor: (plugin: string, signal: AbortSignal) => Context;
  /** A tap was late, threw or answered nonsense: its plugin is degraded, with this message. */
  readonly onTrouble: (plugin: string, hook: HookName, message: string) => void;
  /** A tap answered in time: what `onTrouble` said of this plugin and hook is over. */
  readonly onAnswer?: (plugin: string, hook: HookName) => void;
}

/** The hooks of one plugin set. None of these ever rejects. */
export interface Hooks {
  /** The first Wait, or undefined: go ahead. */
  review(step: Step): Promise<Held | undefined>;
  settled(step: Step): Promise<void>;
  starting(): Promise<void>;
  /** Ends within its budget: a tap for which nothing is left is not asked, and named. Answers with what could not be ended. */
  stopping(how: Stopping): Promise<readonly Ref[]>;
}

/** Order: `before`, then `stage`, then the order of `taps`, which is that of `needs`; for `stopping` its reverse. */
export function createHooks(taps: readonly Tap[], options: HooksOptions): Hooks {
  const { clock } = options;
  const review = new AsyncSeriesBailHook<[Step], Held | undefined>(['step']);
  const settled = new AsyncSeriesHook<[Step]>(['step']);
  const starting = new AsyncSeriesHook<[number]>(['since']);
  const stopping = new AsyncSeriesHook<[number, boolean, Ref[]]>(['deadline', 'everything', 'left']);

  for (const tap of placed(taps, 'review')) {
    review.tapPromise(orderOf(tap, taps), async (step) => {
      const held = await ask(tap, options, async (ctx) => checked(tap, await tap.answer(step, ctx)));
      return held === 'no answer' ? heldByFailure(tap) : held;
    });
  }
  for (const tap of placed(taps, 'settled')) {
    settled.tapPromise(orderOf(tap, taps), async (step) => {
      await ask(tap, options, (ctx) => tap.answer(step, ctx));
    });
  }
  for (const tap of placed(taps, 'starting')) {
    starting.tapPromise(orderOf(tap, taps), async () => {
      await ask(tap, options, (ctx) => tap.answer(ctx));
    });
  }
  for (const tap of placed(taps.toReversed(), 'stopping')) {
    stopping.tapPromise(orderOf(tap, taps), async (deadline, everything, left) => {
      const budgetMs = deadline - clock.now();
      if (budgetMs <= 0) return options.onTrouble(tap.plugin, 'stopping', 'was not asked: no time was left to stop');
      const answer = await ask(tap, options, (ctx) => tap.answer({ budgetMs, everything }, ctx), budgetMs);
      if (Array.isArray(answer)) left.push(...(answer as readonly Ref[]));
    });
  }
  return {
    review: async (step) => (review.isUsed() ? review.promise(step) : undefined),
    settled: async (step) => (settled.isUsed() ? settled.promise(step) : undefined),
    starting: async () => (starting.isUsed() ? starting.promise(clock.now()) : undefined),
    stopping: async ({ budgetMs, everything }) => {
      const left: Ref[] = [];
      if (stopping.isUsed()) await stopping.promise(clock.now() + budgetMs, everything, left);
      return left;
    },
  };
}

const isTapOf = <K extends HookName>(tap: Tap, hook: K): tap is Tap & Tap<K> => tap.hook === hook;

/** tapable can only put a tap before one it already has, so those that name another come last. */
function placed<K extends HookName>(taps: readonly Tap[], hook: K): readonly Tap<K>[] {
  const own = taps.filter((tap): tap is Tap & Tap<K> => isTapOf(tap, hook));
  const names = new Set(own.map((tap) => tap.plugin));
  const [free, bound] = [false, true].map((wanted) =>
    own.filter(({ options: { before } }) => (before !== undefined && names.has(before)) === wanted),
  );
  return [...free!, ...bound!];
}

function orderOf({ plugin, hook, options: { before, stage = 0 } }: Tap, taps: readonly Tap[]) {
  const known = before !== undefined && taps.some((tap) => tap.hook === hook && tap.plugin === before);
  return known ? { name: plugin, stage, before } : { name: plugin, stage };
}

async function ask<T>(
  tap: Tap,
  { clock, contextFor, onTrouble, onAnswer }: HooksOptions,
  question: (ctx: Context) => PromiseLike<T>,
  mostMs = Infinity,
): Promise<T | 'no answer'> {
  const { plugin, hook } = tap;
  const ms = Math.min(tap.options.timeoutMs ?? ANSWER_MS, mostMs);
  try {
    const answer = await withBudget((signal) => question(contextFor(plugin, signal)), {
      ms,
      clock,
      what: `${hook} of plugin ${plugin}`,
    });
    onAnswer?.(plugin, hook);
    return answer;
  } catch (error) {
    onTrouble(plugin, hook, messageOf(error));
    return 'no answer';
  }
}

/** Types do not hold for plugins in plain JavaScript, and a Wait without a reason would be shown as nothing. */
function checked({ plugin }: Tap, wait: Wait | undefined | void | null): Held | undefined {
  if (wait === undefined || wait === null) return undefined;
  if (typeof wait !== 'object' || typeof wait.why !== 'string' || wait.why.trim() === '')
    throw new TypeError('review answered neither nothing nor a wait with a reason (`why`)');
  if (wait.retryMs !== undefined && !(Number.isFinite(wait.retryMs) && wait.retryMs >= 0))
    throw new TypeError(`review answered a wait whose retryMs is ${wait.retryMs}`);
  return { ...wait, plugin };
}

function heldByFailure({ plugin, options }: Tap): Held | undefined {
  if (options.onFailure !== 'hold') return undefined;
  return { plugin, why: `the guard "${plugin}" gave no answer`, retryMs: ASK_AGAIN_MS };
}
