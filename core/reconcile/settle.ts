// Ends a pass: conditions, row and events in one transaction, and when to look again.
import type { ApplyEnd, PlannedAction } from '../api/door.ts';
import type { Change } from '../contract/kind.ts';
import type { ErrorCode } from '../errors.ts';
import { nextConditions, type PassOutcome } from '../model/conditions.ts';
import type { Ref } from '../model/ref.ts';
import { encodeSpec } from '../model/spec.ts';
import { backoffMs, resyncIn } from './backoff.ts';
import { envelope, type Wanted } from './desired.ts';
import type { Look } from './look.ts';
import type { PassDeps } from './pass.ts';

const RESYNC_MS = 60_000;

/** How a pass ended, with what is needed to say so. */
export type Ended =
  | { readonly type: 'done'; readonly applied: boolean }
  | { readonly type: 'again'; readonly afterMs: number; readonly why: string }
  | { readonly type: 'blocked'; readonly why: string }
  | { readonly type: 'waiting'; readonly on: readonly Ref[] }
  | {
      readonly type: 'held';
      readonly reason: 'Override' | 'Review' | 'ApprovalNeeded' | 'Removal';
      readonly why: string;
      readonly retryMs: number | undefined;
    }
  | { readonly type: 'unknown'; readonly code: ErrorCode; readonly why: string }
  | { readonly type: 'elsewhere'; readonly host: string }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly why: string }
  | { readonly type: 'disabled' };

/** What the loop and `apply` need to know of a pass. */
export interface Verdict {
  readonly end: ApplyEnd;
  readonly action: PlannedAction | null;
  readonly why: string;
  /** Look again after this long; undefined: only when woken. */
  readonly nextInMs: number | undefined;
  /** `Ready` became True or ceased to be: those that come after this one want a look. */
  readonly readyMoved: boolean;
  /** It goes on by itself soon; a one-shot apply waits for it. */
  readonly open: boolean;
}

type Deps = Pick<PassDeps, 'clock' | 'random' | 'crash' | 'store'>;

export function settle(
  wanted: Wanted,
  ended: Ended,
  seen: Look | undefined,
  deps: Deps,
  action: PlannedAction | null = null,
  changes: readonly Change[] = [],
): Verdict {
  const { clock, store, crash } = deps;
  const { row, declared, want } = wanted;
  const now = clock.now();
  const own = seen?.is === 'seen' ? seen.conditions : [];
  const { conditions, transitions } = nextConditions(row.conditions, outcomeOf(ended), own, now);
  const attempts = ended.type === 'failed' || ended.type === 'unknown' ? row.attempts + 1 : 0;
  const nextInMs = nextLook(wanted, ended, seen, attempts, deps);
  const settled = ended.type === 'done';
  crash('settle:before');
  store.transaction(() => {
    store.resources.put(want.ref, {
      conditions,
      attempts,
      held: ended.type === 'held' ? ended.why : null,
      observedGeneration: want.generation,
      nextLookAt: nextInMs === undefined ? null : now + nextInMs,
      ...(settled ? { intent: null } : {}),
      ...(settled && (ended.applied || row.lastHash !== declared.specHash)
        ? { lastSpec: encodeSpec(envelope(declared)), lastHash: declared.specHash, lastAppliedAt: now }
        : {}),
    });
    for (const event of eventsOf(wanted, ended, changes)) store.journal.append(event);
    for (const { type, from, to, reason, message } of transitions) {
      store.journal.append({
        type: 'condition.changed',
        ref: want.ref,
        actor: 'kernel',
        data: { ref: want.ref, type, from, to, reason, message },
      });
    }
  });
  crash('settle:after');
  return {
    end: endWord(ended, conditions),
    action,
    why: sentence(ended),
    nextInMs,
    readyMoved: transitions.some(({ type }) => type === 'Ready'),
    open: ended.type === 'again',
  };
}

function outcomeOf(ended: Ended): PassOutcome {
  switch (ended.type) {
    case 'waiting':
      return { type: 'waiting', why: sentence(ended) };
    case 'failed':
    case 'unknown':
      return { type: ended.type, reason: ended.code, why: ended.why };
    case 'held':
      return { type: 'held', reason: ended.reason, why: ended.why };
    case 'elsewhere':
      return { type: 'elsewhere', host: ended.host };
    case 'again':
    case 'blocked':
      return { type: ended.type, why: ended.why };
    default:
      return { type: ended.type };
  }
}

/** The earliest of: what the outcome asks for, the kind's own next instant, and the regular look. */
function nextLook(
  { kind }: Wanted,
  ended: Ended,
  seen: Look | undefined,
  attempts: number,
  { clock, random }: Deps,
): number | undefined {
  if (kind.observe === undefined || ended.type === 'disabled') return undefined;
  const times: number[] = [];
  const resync = resyncIn(kind.resyncMs ?? RESYNC_MS, random);
  if (resync !== undefined) times.push(resync);
  if (seen?.is === 'seen' && seen.nextAt !== undefined) times.push(Math.max(0, seen.nextAt - clock.now()));
  if (ended.type === 'again') times.push(ended.afterMs);
  if (ended.type === 'held' && ended.retryMs !== undefined) times.push(ended.retryMs);
  if (attempts > 0) times.push(backoffMs(attempts, random));
  return times.length === 0 ? undefined : Math.min(...times);
}

function eventsOf({ want }: Wanted, ended: Ended, changes: readonly Change[]) {
  const { ref } = want;
  if (ended.type === 'failed') {
    return [
      {
        type: 'resource.failed' as const,
        ref,
        actor: 'kernel',
        status: 'failed',
        data: { ref, code: ended.code, message: ended.why },
      },
    ];
  }
  if (ended.type !== 'done' || !ended.applied) return [];
  const reasons = new Set(changes.map(({ reason }) => reason));
  const reason = reasons.size === 1 ? [...reasons][0]! : 'both';
  const data = { ref, changes: changes.length, fields: changes.map(({ path }) => path), reason };
  return [{ type: 'resource.applied' as const, ref, actor: 'kernel', status: 'applied', data }];
}

function endWord(ended: Ended, conditions: readonly { type: string; status: string }[]): ApplyEnd {
  switch (ended.type) {
    case 'done':
      return ended.applied
        ? 'applied'
        : conditions.some(({ type, status }) => type === 'Ready' && status === 'Unknown')
          ? 'unknown'
          : 'unchanged';
    case 'again':
      return 'waiting';
    case 'elsewhere':
    case 'disabled':
      return 'unchanged';
    default:
      return ended.type;
  }
}

function sentence(ended: Ended): string {
  switch (ended.type) {
    case 'done':
      return ended.applied ? 'applied' : 'as declared';
    case 'waiting':
      return `waits for ${ended.on.join(', ')}`;
    case 'elsewhere':
      return `lives on ${ended.host}`;
    case 'disabled':
      return 'enabled: false';
    default:
      return ended.why;
  }
}
