// Ends a pass: conditions, row and events in one transaction, and when to look again.
import type { ApplyEnd, PlannedAction } from '../api/door.ts';
import type { ThereView } from '../contract/apis.ts';
import type { Change, Condition, Edge, Until } from '../contract/kind.ts';
import { CODES, type ErrorCode } from '../errors.ts';
import { edgesText } from '../model/edge.ts';
import { nextConditions, type PassOutcome, readyOf, type StandingCondition } from '../model/conditions.ts';
import type { Ref } from '../model/ref.ts';
import { deepEqual } from '../model/spec.ts';
import type { Fact } from '../store/event.ts';
import type { ResourceColumns, ResourceRow } from '../store/resources.ts';
import { backoffMs, resyncIn } from './backoff.ts';
import type { Wanted } from './desired.ts';
import { fieldsOfDrift, isDrifted } from './drift.ts';
import { movesSoFar } from './judge.ts';
import type { Look } from './look.ts';
import type { PassDeps } from './pass.ts';

export const RESYNC_MS = 60_000;
/** However soon somebody asks for the next look: no plugin may keep the loop to itself. */
const SOONEST_MS = 10;
/** However late: an instant far beyond the calendar is no date. */
const LATEST_MS = 366 * 86_400_000;

/** How a pass ended, with what is needed to say so. */
export type Ended =
  | { readonly type: 'done'; readonly applied: boolean }
  | {
      readonly type: 'again';
      readonly afterMs: number;
      readonly why: string;
      /** It was applied, and the world moved meanwhile: counts as an attempt. */
      readonly moved?: true;
    }
  | { readonly type: 'blocked'; readonly why: string }
  | { readonly type: 'waiting'; readonly on: readonly Edge[] }
  | {
      readonly type: 'held';
      readonly reason: 'Override' | 'Review' | 'ApprovalNeeded' | 'Removal' | 'StoreFull' | 'ObserveOnly';
      readonly why: string;
      readonly retryMs: number | undefined;
    }
  | { readonly type: 'unknown'; readonly code: ErrorCode; readonly why: string }
  | { readonly type: 'elsewhere'; readonly host: string; readonly there?: ThereView }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly why: string }
  | { readonly type: 'disabled' };

/** What the loop and `apply` need to know of a pass. */
export interface Verdict {
  readonly end: ApplyEnd;
  readonly action: PlannedAction | null;
  readonly why: string;
  /** Look again after this long; undefined: only when woken. */
  readonly nextInMs: number | undefined;
  /** What others come after moved, holds for a newer generation, or was looked at for the first time: they want a look. */
  readonly awaitedMoved: boolean;
  /** It goes on by itself soon; a one-shot apply waits for it. */
  readonly open: boolean;
  /** Others that want a look now. */
  readonly wakes?: readonly Ref[];
}

/** What a pass did before it ended, for its event. */
export interface Did {
  readonly action: PlannedAction | null;
  readonly changes: readonly Change[];
  readonly tookMs: number;
}
const NOTHING: Did = { action: null, changes: [], tookMs: 0 };

export type SettleDeps = Pick<PassDeps, 'clock' | 'random' | 'crash' | 'rows' | 'closeApprovals'>;

export function settle(
  wanted: Wanted,
  ended: Ended,
  seen: Look | undefined,
  deps: SettleDeps,
  did: Did = NOTHING,
): Verdict {
  const { row, want } = wanted;
  const now = deps.clock.now();
  const drift = standingDrift(row, ended, seen);
  const before = drift === undefined ? row.conditions.filter((one) => !isDrifted(one)) : row.conditions;
  const own = [...(seen?.is === 'seen' ? seen.conditions : []), ...(drift === undefined ? [] : [drift])];
  const { conditions, transitions } = nextConditions(before, outcomeOf(ended), own, now);
  const moves = [...transitions.map(({ type }) => type), ...lostUnseen(before, conditions)];
  const attempts = attemptsAfter(wanted, ended);
  const nextInMs = nextLook(wanted, ended, seen, attempts, deps);
  const columns: Partial<ResourceColumns> = {
    conditions,
    attempts,
    held: ended.type === 'held' ? ended.why : null,
    observedGeneration: want.generation,
    nextLookAt: nextInMs === undefined ? null : now + nextInMs,
    ...(ended.type === 'done' ? remembered(wanted, ended.applied, now) : {}),
  };
  const facts: Fact[] = [...eventsOf(wanted, ended, did)];
  for (const moved of transitions)
    facts.push({ type: 'condition.changed', ref: want.ref, actor: 'kernel', data: { ref: want.ref, ...moved } });
  if (facts.length === 0 && saysNothingNew(columns, row)) deps.rows.note(want.ref, columns.nextLookAt ?? null);
  else {
    deps.crash('settle:before');
    deps.rows.put(want.ref, columns, facts);
    deps.crash('settle:after');
  }
  if (ended.type === 'done' && (ended.applied || row.intent !== null || row.held !== null))
    deps.closeApprovals(want.ref);
  const goesOn = isOnItsWay(ended, conditions);
  return {
    end: goesOn ? 'waiting' : endWord(ended, conditions),
    action: did.action,
    why: sentence(ended),
    nextInMs,
    awaitedMoved: row.observedGeneration !== want.generation || moves.some((type) => isAwaited(type, want)),
    open: goesOn,
  };
}

/** `Ready` stands for what a kind does not say. */
const isAwaited = (type: string, { awaited }: Wanted['want']): boolean =>
  type === 'Ready' || awaited.includes(type as Until);

/** Conditions that are True again or still, but not since the same instant. */
const lostUnseen = (before: readonly StandingCondition[], now: readonly StandingCondition[]): readonly string[] =>
  now
    .filter(({ type, status, since }) =>
      before.some((one) => one.type === type && one.status === 'True' && status === 'True' && one.since !== since),
    )
    .map(({ type }) => type);

/** All is as it was but the time of the next look, which is not worth a write: most looks end so. */
const saysNothingNew = (columns: Partial<ResourceColumns>, row: ResourceRow): boolean =>
  Object.entries(columns).every(
    ([key, value]) => key === 'nextLookAt' || deepEqual(value, row[key as keyof ResourceRow]),
  );

/** Everything is so: from now on this is what was last applied, and nothing is half-done any more. */
function remembered({ row, declared, toRemember }: Wanted, isApplied: boolean, now: number): Partial<ResourceColumns> {
  if (!isApplied && row.lastSpec === toRemember) return { intent: null };
  const lastAppliedAt = isApplied ? now : (row.lastAppliedAt ?? now);
  return { intent: null, lastSpec: toRemember, lastHash: declared.specHash, lastAppliedAt };
}

/** After an edit it counts anew: what failed was something else. */
function attemptsAfter({ row, want }: Wanted, ended: Ended): number {
  if (ended.type === 'again' && ended.moved) return movesSoFar(row, want.generation) + 1;
  if (ended.type !== 'failed' && ended.type !== 'unknown') return 0;
  return row.observedGeneration === want.generation ? row.attempts + 1 : 1;
}

/** The drift that was told, while it lasts; a look that saw nothing ends nothing. */
function standingDrift(row: ResourceRow, ended: Ended, seen: Look | undefined): Condition | undefined {
  const told = row.conditions.find(isDrifted);
  if (told === undefined || ended.type === 'done' || ended.type === 'disabled') return undefined;
  return seen?.is === 'seen' && fieldsOfDrift(seen.changes).length === 0 ? undefined : told;
}

function outcomeOf(ended: Ended): PassOutcome {
  switch (ended.type) {
    case 'waiting':
      return { type: 'waiting', why: sentence(ended) };
    case 'failed':
      return { type: 'failed', reason: ended.code, why: ended.why, retry: CODES[ended.code].retry };
    case 'unknown':
      return { type: 'unknown', reason: ended.code, why: ended.why };
    case 'held':
      return { type: 'held', reason: ended.reason, why: ended.why };
    case 'elsewhere':
      return ended;
    case 'again':
    case 'blocked':
      return { type: ended.type, why: ended.why };
    default:
      return { type: ended.type };
  }
}

/** The earliest of: what the outcome asks for, the kind's own next instant, the end of an override, the regular look. */
function nextLook(
  { kind, wordEndsAt }: Wanted,
  ended: Ended,
  seen: Look | undefined,
  attempts: number,
  { clock, random }: SettleDeps,
): number | undefined {
  if (kind.observe === undefined || ended.type === 'disabled') return undefined;
  const now = clock.now();
  const times: number[] = [];
  // A kind that is looked at only when woken is looked at all the same while it is not as declared.
  const isWell = ended.type === 'done' || ended.type === 'again';
  const resync = resyncIn((kind.resyncMs ?? RESYNC_MS) || (isWell ? 0 : RESYNC_MS), random, now);
  if (resync !== undefined) times.push(resync);
  if (seen?.is === 'seen' && seen.nextAt !== undefined) times.push(Math.max(0, seen.nextAt - now));
  if (wordEndsAt !== undefined) times.push(Math.max(0, wordEndsAt - now));
  if (ended.type === 'again') times.push(bounded(ended.afterMs));
  if (ended.type === 'held' && ended.retryMs !== undefined) times.push(bounded(ended.retryMs));
  if ((ended.type === 'failed' || ended.type === 'unknown') && CODES[ended.code].retry)
    times.push(backoffMs(attempts, random));
  return times.length === 0 ? undefined : Math.min(...times, LATEST_MS);
}

/** Not a number counts as soonest. */
const bounded = (ms: number): number => (ms > SOONEST_MS ? ms : SOONEST_MS);

function eventsOf({ want: { ref } }: Wanted, ended: Ended, { changes, tookMs }: Did): Fact[] {
  const about = { ref, actor: 'kernel', durationMs: tookMs };
  if (ended.type === 'failed') {
    const data = { ref, code: ended.code, message: ended.why };
    return [{ ...about, type: 'resource.failed', status: 'failed', data }];
  }
  if (ended.type !== 'done' || !ended.applied) return [];
  const reasons = new Set(changes.map(({ reason }) => reason));
  const reason = reasons.size === 1 ? [...reasons][0]! : 'both';
  const data = { ref, changes: changes.length, fields: changes.map(({ path }) => path), reason };
  return [{ ...about, type: 'resource.applied', status: 'applied', data }];
}

/** It was applied and becomes ready by itself, or is asked about again soon. */
const isOnItsWay = (ended: Ended, conditions: readonly Condition[]): boolean =>
  ended.type === 'again' ||
  (ended.type === 'done' &&
    readyOf(conditions) !== true &&
    conditions.some(({ type, status }) => type === 'Progressing' && status === 'True'));

function endWord(ended: Ended, conditions: readonly Condition[]): ApplyEnd {
  switch (ended.type) {
    case 'done':
      if (ended.applied) return 'applied';
      return readyOf(conditions) === null ? 'unknown' : 'unchanged';
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
      return `waits for ${edgesText(ended.on)}`;
    case 'elsewhere':
      return `lives on ${ended.host}`;
    case 'disabled':
      return 'enabled: false';
    default:
      return ended.why;
  }
}
