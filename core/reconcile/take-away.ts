// Takes one thing away and looks whether it is gone: the old half of a replacement, or what is no longer declared.
import type { Outcome } from '../contract/kind.ts';
import { codeOf } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import { Timeout, withBudget } from '../registry/budget.ts';
import { blame } from './blame.ts';
import { appliedOf, resourceOfApplied, type Thing } from './desired.ts';
import { look, type Subject } from './look.ts';
import type { PassDeps } from './pass.ts';
import type { Ended } from './settle.ts';

export const PASS_BUDGET_MS = 60_000;

export type Acted = { readonly type: 'done' } | (Ended & { readonly type: 'again' | 'blocked' | 'failed' });
export const DONE: Acted = { type: 'done' };

/** Runs one call into a plugin within the pass budget; whatever it does wrong becomes a sentence with its name. */
export async function tried(
  { plugin, ref, verb }: { readonly plugin: string; readonly ref: Ref; readonly verb: 'apply' | 'remove' },
  call: (signal: AbortSignal) => Promise<Outcome | void>,
  { clock, crash, trouble }: Pick<PassDeps, 'clock' | 'crash' | 'trouble'>,
  stop: AbortSignal,
): Promise<Acted> {
  const where = `${verb} of ${ref}`;
  crash('act:before');
  let outcome: Outcome | void;
  try {
    outcome = await withBudget(call, { ms: PASS_BUDGET_MS, clock, what: where, signal: stop });
  } catch (error) {
    if (stop.aborted) throw stop.reason; // cut off by the stop: the intent says what may be half-done
    if (error instanceof Timeout) {
      const why = `plugin ${plugin}: ${where} took longer than ${PASS_BUDGET_MS / 1000} s`;
      trouble(plugin, where, why);
      return { type: 'failed', code: 'APPLY_TIMEOUT', why };
    }
    const code = codeOf(error) ?? (verb === 'apply' ? 'APPLY_FAILED' : 'REMOVE_FAILED');
    return { type: 'failed', code, why: blame(error, plugin, where) };
  }
  crash('act:after');
  trouble(plugin, where, null);
  return outcome ?? DONE;
}

/** What a pass was cut off from making is taken away only if it stands there exactly so; else it is a stranger's. */
export async function takeAway(
  ref: Ref,
  { spec, sure }: Thing,
  { kind, plugin }: Pick<Subject, 'kind' | 'plugin'>,
  deps: PassDeps,
  stop: AbortSignal,
): Promise<Acted> {
  const applied = appliedOf({ lastSpec: spec })!;
  const last = resourceOfApplied(ref, applied, 0);
  const context = (signal: AbortSignal) => deps.context(plugin, ref, signal);
  const lookAtIt = () =>
    look({ want: last, kind, plugin, last: applied.spec, isHere: true }, context, deps.clock, stop);
  const failed = (why: string): Acted => ({ type: 'failed', code: 'REMOVE_FAILED', why: `plugin ${plugin}: ${why}` });
  if (!sure) {
    const there = await lookAtIt();
    if (there.is !== 'seen') return failed(`looking before the removal of ${ref} failed`);
    if (there.state === null || there.changes.length > 0) return DONE;
  }
  const outcome = await tried(
    { plugin, ref, verb: 'remove' },
    (signal) => kind.remove!(last, context(signal)),
    deps,
    stop,
  );
  if (outcome.type !== 'done') return outcome;
  const after = await lookAtIt();
  if (after.is !== 'seen') return failed(`${ref} was removed, but looking again failed`);
  return after.state === null ? DONE : failed(`said removed, but ${ref} is still there`);
}
