// What stays and what goes of the snapshots of one policy in one target, and why; pure, so that a plan is what happens.
import { RealmError } from 'realm-runner/plugin';
import type { Snapshot } from '../snapshot.ts';
import type { Keep } from '../spec.ts';
import { namedBy, written } from './rules.ts';

export interface Question {
  /** ms */
  readonly now: number;
  readonly zone: string;
  /** So many are known to be there; fewer in the listing is an error. Default 1: an empty listing is never believed. */
  readonly expectedAtLeast?: number | undefined;
  /** Why the newest run made no snapshot. */
  readonly newestRunFailed?: string | undefined;
  /** What claims to be a snapshot and cannot be read: nobody knows what it would have kept. */
  readonly unreadable?: readonly string[] | undefined;
  /** Somebody has seen that these are many. */
  readonly allowDeletions?: boolean | undefined;
}

export interface Verdict {
  readonly snapshot: Snapshot;
  readonly keep: boolean;
  /** As people know the rules: `last 3 of 10`, `weekly 2 of 12`; of what goes: why nothing keeps it. */
  readonly reasons: readonly string[];
}

export interface RetentionPlan {
  /** Of every snapshot, newest first, as the rules say. */
  readonly verdicts: readonly Verdict[];
  /** What may be removed now, oldest first: all that no rule keeps; of it only partial ones while it is frozen, nothing while refused. */
  readonly remove: readonly Snapshot[];
  /** Why nothing but partial ones is removed until there is a good newest one again. */
  readonly frozen: string | undefined;
  /** Why a person has to look first. */
  readonly refused: string | undefined;
  readonly warnings: readonly string[];
}

const PARTIAL_KEPT = 3;
const SAFETY_KEPT = 5;
const SAFETY_KEPT_MS = 7 * 86_400_000;
const BUDGET = 10;
const BUDGET_SHARE = 0.25;

const isGood = ({ status, damaged }: Snapshot): boolean => status === 'complete' && damaged.length === 0;
const newestFirst = (one: Snapshot, other: Snapshot): number =>
  other.startedAt - one.startedAt || (one.label < other.label ? 1 : one.label > other.label ? -1 : 0);

/**
 * Only complete, undamaged snapshots count for the rules. The others never push one of them out: of partial ones the newest
 * three stay, damaged ones stay as long as the rules would have kept them unharmed, those that a restore made of what it
 * replaced stay for a week and the newest five longer. The newest verified one always stays.
 * Throws BACKUP_LISTING_SHORT when fewer are listed than are known to be there.
 */
export function plan(snapshots: readonly Snapshot[], keep: Keep, question: Question): RetentionPlan {
  const expected = question.expectedAtLeast ?? 1;
  if (snapshots.length < expected) {
    throw new RealmError(
      'BACKUP_LISTING_SHORT',
      `${snapshots.length === 0 ? 'no snapshot was' : `${snapshots.length} snapshots were`} listed, and at least ${expected} should be there`,
      { hint: 'look at the target; nothing was removed' },
    );
  }
  const sorted = snapshots.toSorted(newestFirst);
  const reasons = reasonsToKeep(sorted, keep, question);
  const verdicts = sorted.map((snapshot): Verdict => {
    const why = reasons.get(snapshot);
    return { snapshot, keep: why !== undefined, reasons: why ?? [reasonToGo(snapshot, keep)] };
  });
  const frozen = whyFrozen(sorted, question);
  const going = verdicts
    .filter((one) => !one.keep && (frozen === undefined || isLeftOver(one.snapshot)))
    .map(({ snapshot }) => snapshot);
  const refused = whyRefused(going.length, sorted.length, keep, question);
  const future = sorted.filter(({ startedAt }) => startedAt > question.now);
  return {
    verdicts,
    remove: refused === undefined ? going.toReversed() : [],
    frozen,
    refused,
    warnings: future.map(({ id }) => `${id} is dated in the future: it is kept, and does not count`),
  };
}

/** Nothing waits for these to be better: without end they would fill the disk. */
const isLeftOver = ({ status, trigger }: Snapshot): boolean => status === 'partial' && trigger !== 'safety';

function reasonsToKeep(sorted: readonly Snapshot[], keep: Keep, { now, zone }: Question): Map<Snapshot, string[]> {
  const reasons = new Map<Snapshot, string[]>();
  const say = (one: Snapshot, reason: string): void => {
    reasons.set(one, [...(reasons.get(one) ?? []), reason]);
  };
  const past = sorted.filter(({ startedAt }) => startedAt <= now);
  const ofRuns = past.filter(({ trigger }) => trigger !== 'safety');
  const whole = ofRuns.filter(({ status }) => status === 'complete');
  const good = whole.filter(isGood);
  for (const [one, why] of namedBy(keep, good, zone)) for (const reason of why) say(one, reason);
  for (const [one, why] of namedBy(keep, whole, zone)) {
    if (!isGood(one)) for (const reason of why) say(one, `damaged; else ${reason}`);
  }
  const verified = good.filter(({ verifiedAt }) => verifiedAt !== null);
  verified.slice(0, Math.max(1, keep.floor)).forEach((one, index) => {
    say(one, index === 0 ? 'the newest verified one' : `verified ${index + 1} of ${keep.floor}`);
  });
  const [newest] = good;
  if (newest !== undefined && verified.length === 0) say(newest, 'the newest, and none is verified');

  const partial = ofRuns.filter(({ status }) => status === 'partial');
  partial.slice(0, PARTIAL_KEPT).forEach((one, index) => say(one, `partial ${index + 1} of ${PARTIAL_KEPT}`));
  const safety = past.filter(({ trigger }) => trigger === 'safety');
  for (const [index, one] of safety.entries()) {
    if (index < SAFETY_KEPT) say(one, `made before a restore, ${index + 1} of ${SAFETY_KEPT}`);
    else if (now - one.startedAt <= SAFETY_KEPT_MS) say(one, 'made before a restore within 7d');
  }
  for (const one of sorted) {
    if (one.startedAt > now) say(one, 'dated in the future');
    for (const tag of one.tags) if (keep.tags?.includes(tag) === true) say(one, `tag ${tag}`);
    const { pin, unsure } = one;
    if (unsure !== undefined) say(one, `it may be pinned: ${unsure}`);
    if (pin !== undefined && (pin.until ?? Infinity) > now) say(one, pin.why === '' ? 'pinned' : `pinned: ${pin.why}`);
  }
  return reasons;
}

function reasonToGo({ status, trigger }: Snapshot, keep: Keep): string {
  if (trigger === 'safety') return `made before a restore more than 7d ago, and ${SAFETY_KEPT} newer ones stay`;
  if (status === 'partial') return `partial, and ${PARTIAL_KEPT} newer ones stay`;
  return `not in ${written(keep).join(', ')}`;
}

function whyFrozen(
  sorted: readonly Snapshot[],
  { now, newestRunFailed, unreadable = [] }: Question,
): string | undefined {
  if (newestRunFailed !== undefined) return `the newest run failed: ${newestRunFailed}`;
  if (unreadable.length > 0) return `${unreadable[0]} cannot be read`;
  const newest = sorted.find(({ startedAt, trigger }) => startedAt <= now && trigger !== 'safety');
  if (newest === undefined) return undefined;
  if (newest.status === 'partial') return `the newest, ${newest.id}, is partial`;
  if (newest.damaged.length > 0) return `the newest, ${newest.id}, is damaged`;
  if (newest.isSuspicious) return `the newest, ${newest.id}, holds far less than was there before`;
  return undefined;
}

function whyRefused(going: number, all: number, keep: Keep, { allowDeletions }: Question): string | undefined {
  if (written(keep).length === 0) return 'no rule says what to keep';
  const budget = keep.budget ?? Math.max(BUDGET, Math.floor(all * BUDGET_SHARE));
  if (going <= budget || allowDeletions === true) return undefined;
  return `${going} of ${all} would go, and at most ${budget} may at once`;
}
