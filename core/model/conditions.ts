// How a resource stands after a pass: the kernel's conditions, those of its kind, and which of them moved.
import type { ThereView } from '../contract/apis.ts';
import type { Condition } from '../contract/kind.ts';

/** A condition with the instant (ms since the epoch) since which it stands so. */
export interface StandingCondition extends Condition {
  readonly since: number;
}

/** Every way in which a pass may end. `reason` is one word for machines, `why` a sentence for people. */
export type PassOutcome =
  | { readonly type: 'done' }
  | { readonly type: 'again'; readonly why: string }
  | { readonly type: 'blocked'; readonly why: string }
  | { readonly type: 'waiting'; readonly why: string }
  | { readonly type: 'held'; readonly reason: string; readonly why: string }
  | { readonly type: 'failed'; readonly reason: string; readonly why: string; readonly retry?: boolean }
  | { readonly type: 'unknown'; readonly reason: string; readonly why: string }
  | { readonly type: 'elsewhere'; readonly host: string; readonly there?: ThereView }
  | { readonly type: 'disabled' };

export interface Transition {
  readonly type: string;
  /** null: there was no such condition. */
  readonly from: Condition['status'] | null;
  readonly to: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** Always there, in this order. The last three are bad news when True (the words are those of Kubernetes and kstatus). */
export const STANDARD = ['Ready', 'Progressing', 'Degraded', 'Stalled'] as const;
type Standard = (typeof STANDARD)[number];

/** Statuses that the kernel is sure of; the others are the kind's to say, or quiet. `firm`: the kind has no say in Ready. */
interface Judgement {
  readonly ready: Condition;
  readonly firm: boolean;
  readonly bad: Partial<Record<Standard, Condition>>;
  /** The state was not seen: what the kind said of it earlier is unknown now. */
  readonly unseen: boolean;
}

/**
 * What stands after a pass, and what moved. Pure. `own` are the kind's conditions for the state that was seen; of two with
 * one type the later counts. Where the kind does not say it, `since` moves only with the status and never backwards, even
 * when the clock does. What stands as it stood is the very same object: most looks change nothing.
 */
export function nextConditions(
  previous: readonly StandingCondition[],
  outcome: PassOutcome,
  own: readonly Condition[],
  now: number,
): { readonly conditions: readonly StandingCondition[]; readonly transitions: readonly Transition[] } {
  const before = new Map(previous.map((condition) => [condition.type, condition]));
  const conditions = standing(before, outcome, own).map((condition) => {
    const old = before.get(condition.type);
    const found = old?.status === condition.status ? old.since : Math.max(now, old?.since ?? -Infinity);
    const stands = { ...condition, since: condition.since ?? found };
    return old !== undefined && isSame(old, stands) ? old : stands;
  });
  return { conditions, transitions: transitionsOf(before, conditions) };
}

const isSame = (a: StandingCondition, b: StandingCondition): boolean =>
  a.status === b.status && a.since === b.since && a.reason === b.reason && a.message === b.message;

/** true, false, or null when it is unknown or was never looked at. */
export function readyOf(conditions: readonly Condition[]): boolean | null {
  const status = conditions.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
  return status === 'Unknown' ? null : status === 'True';
}

function standing(
  before: ReadonlyMap<string, Condition>,
  outcome: PassOutcome,
  own: readonly Condition[],
): readonly Condition[] {
  const said = new Map(own.map((one) => [one.type, conditionOf(one)]));
  const { ready, firm, bad, unseen } = judge(outcome);
  const quiet = (type: Standard): Condition => ({ type, status: 'False', reason: 'AsExpected', message: '' });
  const all = new Map<string, Condition>();
  for (const type of STANDARD) all.set(type, bad[type] ?? said.get(type) ?? quiet(type));
  all.set('Ready', (firm ? undefined : said.get('Ready')) ?? ready);
  // A look that failed does not clear what an earlier pass found wrong.
  const degraded = before.get('Degraded');
  if (outcome.type === 'unknown' && degraded?.status === 'True') all.set('Degraded', degraded);
  if (unseen) {
    for (const type of before.keys()) {
      if (!all.has(type) && !said.has(type)) all.set(type, { ...ready, type, status: 'Unknown' });
    }
  }
  for (const [type, condition] of said) if (!all.has(type)) all.set(type, condition);
  return [...all.values()];
}

/** Nothing else that a plugin may have put in. */
const conditionOf = ({ type, status, reason, message, since }: Condition): Condition => ({
  type,
  status,
  reason,
  message,
  ...(since !== undefined && Number.isFinite(since) ? { since } : {}),
});

function judge(outcome: PassOutcome): Judgement {
  const is = (type: Standard, status: Condition['status'], reason: string, message: string): Condition => ({
    type,
    status,
    reason,
    message,
  });
  const not = (reason: string, why: string): Condition => is('Ready', 'False', reason, why);
  const seen = { firm: false, bad: {}, unseen: false };
  switch (outcome.type) {
    case 'done':
      return { ...seen, ready: is('Ready', 'True', 'AsDeclared', '') };
    case 'again':
      return {
        ...seen,
        ready: not('Progressing', outcome.why),
        bad: { Progressing: is('Progressing', 'True', 'Again', outcome.why) },
      };
    case 'blocked':
      return {
        ...seen,
        ready: not('Blocked', outcome.why),
        bad: { Stalled: is('Stalled', 'True', 'Blocked', outcome.why) },
      };
    case 'held':
      return {
        ...seen,
        ready: not(outcome.reason, outcome.why),
        bad: { Stalled: is('Stalled', 'True', outcome.reason, outcome.why) },
      };
    case 'waiting':
      return {
        ...seen,
        firm: true,
        ready: not('Waiting', outcome.why),
        bad: { Progressing: is('Progressing', 'False', 'Waiting', outcome.why) }, // whatever its kind is about to do
      };
    case 'failed': {
      const { reason, why } = outcome;
      const Degraded = is('Degraded', 'True', reason, why);
      const bad = outcome.retry === false ? { Degraded, Stalled: is('Stalled', 'True', reason, why) } : { Degraded };
      return { firm: true, unseen: true, ready: not(reason, why), bad };
    }
    case 'unknown':
      return { firm: true, unseen: true, ready: is('Ready', 'Unknown', outcome.reason, outcome.why), bad: {} };
    case 'elsewhere':
      return { firm: true, unseen: outcome.there === undefined, ready: readyThere(outcome), bad: {} };
    case 'disabled':
      return { firm: true, unseen: true, ready: not('Disabled', 'enabled: false'), bad: {} };
    default:
      return outcome satisfies never;
  }
}

/** By what its host says, where anybody asked. */
function readyThere({ host, there }: PassOutcome & { readonly type: 'elsewhere' }): Condition {
  const isReady = there?.isReady ?? null;
  const status = isReady === null ? 'Unknown' : isReady ? 'True' : 'False';
  const message = `lives on ${host}${there === undefined ? '' : `: ${there.why}`}`;
  return { type: 'Ready', status, reason: 'Elsewhere', message };
}

/** A first look that finds nothing bad is no news; a condition that its kind no longer gives counts as Unknown. */
function transitionsOf(
  before: ReadonlyMap<string, StandingCondition>,
  conditions: readonly StandingCondition[],
): Transition[] {
  const moved: Transition[] = [];
  const gone = new Map(before);
  for (const { type, status, reason, message } of conditions) {
    const from = before.get(type)?.status ?? null;
    gone.delete(type);
    const isQuiet = from === null && status === 'False' && type !== 'Ready' && STANDARD.includes(type as Standard);
    if (from !== status && !isQuiet) moved.push({ type, from, to: status, reason, message });
  }
  for (const { type, status } of gone.values()) {
    if (status === 'Unknown') continue;
    moved.push({ type, from: status, to: 'Unknown', reason: 'NotGiven', message: 'its kind no longer gives it' });
  }
  return moved;
}
