// Looks at one resource and compares: the half of a pass that plan, drift and apply share. Changes nothing.
import type { Clock } from '../clock.ts';
import type { ThereView } from '../contract/apis.ts';
import type { Context, RunRequest } from '../contract/context.ts';
import { type Change, type Condition, isElsewhere, type Kind, notSeen, type Resource } from '../contract/kind.ts';
import { codeOf, type ErrorCode, messageOf } from '../errors.ts';
import { defaultDiff, reasonOf } from '../model/diff.ts';
import { encodeSpec } from '../model/spec.ts';
import { Timeout, withBudget } from '../registry/budget.ts';
import { blame } from './blame.ts';
import { type Away, awayFrom, isPlaced } from './placement.ts';

export const OBSERVE_BUDGET_MS = 10_000;

/** A resource with everything its kind needs to judge it. `last` is the last applied spec. */
export interface Subject {
  readonly want: Resource;
  readonly kind: Kind;
  readonly plugin: string;
  readonly last: unknown;
  /** It was made here, whatever host is declared for it now. */
  readonly isHere?: boolean;
  /** Changes that neither spec nor state shows: secrets with another text. Throws what the kind threw when it was asked. */
  moved?(): readonly Change[];
}

export type Look =
  | { readonly is: 'data' }
  | {
      readonly is: 'seen';
      readonly state: unknown;
      readonly changes: readonly Change[];
      readonly conditions: readonly Condition[];
      readonly nextAt: number | undefined;
      readonly due: readonly RunRequest[];
    }
  | { readonly is: 'unknown'; readonly code: ErrorCode; readonly why: string; readonly hung: boolean }
  | { readonly is: 'elsewhere'; readonly host: string; readonly there?: ThereView }
  | { readonly is: 'broken'; readonly code: ErrorCode; readonly why: string };

/**
 * Whatever the plugin does wrong becomes `unknown` or `broken`, with its name in the sentence. Rejects with the reason of
 * `stop` alone: a look that was cut off says nothing about the world.
 */
export async function look(
  subject: Subject,
  context: (signal: AbortSignal) => Context,
  clock: Clock,
  stop?: AbortSignal,
): Promise<Look> {
  const { want, kind, plugin } = subject;
  if (kind.observe === undefined) return { is: 'data' };
  let state: unknown;
  let away: Away | undefined;
  try {
    const see = async (signal: AbortSignal): Promise<unknown> => {
      const ctx = context(signal);
      if (isPlaced(want, kind) && subject.isHere !== true) away = await awayFrom(want, kind, ctx);
      return away === undefined ? kind.observe!(want, ctx) : null;
    };
    state = await withBudget(see, {
      ms: OBSERVE_BUDGET_MS,
      clock,
      what: `observe of ${want.ref}`,
      signal: stop,
    });
  } catch (error) {
    if (stop?.aborted === true) throw stop.reason;
    if (error instanceof Timeout)
      return {
        is: 'unknown',
        code: 'OBSERVE_TIMEOUT',
        why: `plugin ${plugin}: looking took longer than ${OBSERVE_BUDGET_MS / 1000} s`,
        hung: true,
      };
    return {
      is: 'unknown',
      code: codeOf(error) ?? 'OBSERVE_FAILED',
      why: blame(error, plugin, 'looking'),
      hung: false,
    };
  }
  if (away !== undefined) return away;
  const unseen = notSeen(state);
  if (unseen !== undefined) {
    return isElsewhere(unseen)
      ? { is: 'elsewhere', host: unseen.host ?? '' }
      : { is: 'unknown', code: 'OBSERVE_FAILED', why: unseen.why, hung: false };
  }
  return compare(subject, state, clock.now());
}

/** The pure part of a look, also used to judge a state again at a later time. */
export function compare({ want, kind, plugin, last, moved }: Subject, state: unknown, now: number): Look {
  try {
    const { spec } = want;
    const next = kind.next?.(spec, state, now);
    const differs =
      kind.diff === undefined ? defaultDiff(kind, spec, state, last) : kind.diff(spec, state, last as never, now, want);
    const found = [...differs, ...(moved?.() ?? [])];
    const due = kind.due?.(spec, state, now, want) ?? [];
    for (const { path, from, to } of found) mustBeData([from, to], path || 'the whole resource');
    for (const { key, input } of due) mustBeData(input, `the input of run ${key}`);
    return {
      is: 'seen',
      state,
      changes: found.map((change) => ({ ...change, reason: change.reason ?? reasonOf(change, spec, state, last) })),
      conditions: kind.conditions?.(spec, state, now, want) ?? [],
      nextAt: next !== undefined && next > now ? next : undefined, // the past is no next instant, and would never end
      due,
    };
  } catch (error) {
    return { is: 'broken', code: 'DIFF_FAILED', why: `plugin ${plugin}: comparing failed: ${messageOf(error)}` };
  }
}

/** Changes and inputs are compared, hashed, stored and shown: what no text can stand for breaks that far from its cause. */
function mustBeData(value: unknown, what: string): void {
  try {
    encodeSpec(value);
  } catch (error) {
    throw new TypeError(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
