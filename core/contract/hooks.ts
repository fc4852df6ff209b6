// The questions the kernel asks plugins, and what they may answer. Adding one needs a written reason.
import type { Ref } from '../model/ref.ts';
import type { Context } from './context.ts';
import type { Change } from './kind.ts';

/** What is about to happen: a change of a resource, its removal, or an action that writes. */
export interface Step {
  readonly ref: Ref | undefined;
  readonly action: 'apply' | 'remove' | 'invoke';
  /** For `invoke`: the action's name and input. */
  readonly invoke?: { readonly name: string; readonly input: unknown };
  readonly changes: readonly Change[];
}

/** Not now: the kernel asks again after `retryMs`, or, when `approval` is true, once a person said yes. */
export interface Wait {
  readonly why: string;
  readonly retryMs?: number;
  readonly approval?: boolean;
}

/** How the plugin set ends. */
export interface Stopping {
  /** What is left for it, in milliseconds. */
  readonly budgetMs: number;
  /**
   * true: a person wants everything ended that plugins started and that would live on, processes above all; by now nobody
   * looks any more, so nothing starts it again. false, as at a reload or `realm down`: it lives on.
   */
  readonly everything: boolean;
}

export interface RealmHooks {
  /**
   * May this happen now? Asked before each apply, remove, and each write or destroy action. The first Wait wins. A pure
   * question: plans ask it too, with a context that can only look.
   */
  review: (step: Step, ctx: Context) => Promise<Wait | undefined | void>;
  /** This has happened; asked after the second look. */
  settled: (step: Step, ctx: Context) => Promise<void>;
  /** The plugin set is about to start working. */
  starting: (ctx: Context) => Promise<void>;
  /**
   * The plugin set is about to stop. Asked in the reverse order: whoever needs a plugin comes before it. Answers with what
   * could not be ended although everything was to: a person is told.
   */
  stopping: (how: Stopping, ctx: Context) => Promise<readonly Ref[] | void>;
}
export type HookName = keyof RealmHooks;

/** What each hook asks, in one line. A hook cannot exist without it. */
export const HOOKS: Readonly<Record<HookName, string>> = {
  review: 'May this change, removal or writing action happen now? The first wait wins.',
  settled: 'This has happened and was looked at again.',
  starting: 'The plugin set is about to start working.',
  stopping: 'The plugin set is about to stop; save what must be saved, and end everything when asked to.',
};

export interface TapOptions {
  /** Lower is asked earlier. Default 0; then order of `needs`, for `stopping` its reverse. */
  readonly stage?: number;
  /** Name of a plugin before which to be asked. */
  readonly before?: string;
  /** Default 5_000. */
  readonly timeoutMs?: number;
  /** What no answer (late, or thrown) means: `ignore` (default), or `hold` for a guard. */
  readonly onFailure?: 'ignore' | 'hold';
}
