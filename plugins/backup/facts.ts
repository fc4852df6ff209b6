// What is known of a policy when it is looked at: plain data, from the targets themselves and from its runs.
import type { Asked } from 'realm-runner/plugin';
import type { TargetState } from './engine.ts';
import { isFuture } from './future.ts';
import type { Level, Snapshot, Verification } from './snapshot.ts';

/** One target: a folder as it is now, a repository as its last run left it. */
export interface TargetFacts {
  readonly name: string;
  readonly is: TargetState['is'];
  readonly why: string;
  /** When it was looked at, ms: what is dated later was made by a clock that was wrong, and is not the newest. */
  readonly at?: number;
  /** Whole. */
  readonly usedPercent: number | null;
  /** Its own, so that another disk in its place is noticed. */
  readonly id?: string;
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
  /** Folders that claim to be snapshots and cannot be read. */
  readonly unreadable: readonly string[];
  /** Why the newest run made no snapshot there. Left out: it did, or there was none yet. */
  readonly failed?: string | undefined;
}

/** What is going on for the policy, or how the last try for something ended. */
export interface RunFacts {
  readonly id: string;
  readonly key: string;
  readonly what: Work;
  /** ms */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly reason: string;
  /** Tries with the same purpose that failed, this one included. */
  readonly tries: number;
}

export type Work = 'run' | 'approve' | 'prune' | 'verify' | 'drill';

export interface Facts {
  /** IANA; of the schedule and the labels. */
  readonly zone: string;
  readonly targets: readonly TargetFacts[];
  readonly going: RunFacts | null;
  /** The newest try that failed, for each purpose by its key. */
  readonly failed: readonly RunFacts[];
  /** Watched paths that are not as the newest snapshot has them; empty when nothing is watched. */
  readonly changed: readonly string[];
  /** Questions about changes that were answered. */
  readonly answers: readonly Asked[];
}

export const isGood = ({ status, damaged }: Snapshot): boolean => status === 'complete' && damaged.length === 0;

/** The instant up to which a snapshot keeps the promise: its slot, or when it was made by hand after that. */
export const standsFor = ({ slot, startedAt }: Snapshot): number => Math.max(slot ?? startedAt, startedAt);

/** Made by the policy, as apart from what a restore put by. */
const isRegular = ({ trigger }: Snapshot): boolean => trigger !== 'safety';

/** Of a slot that has come, or begun by now. */
const hasCome = ({ slot, startedAt }: Snapshot, { at }: TargetFacts): boolean =>
  at === undefined || !isFuture(Math.min(slot ?? startedAt, startedAt), at);

export const newestGood = (target: TargetFacts): Snapshot | undefined =>
  target.snapshots.findLast((one) => isGood(one) && isRegular(one) && hasCome(one, target));

/** Damaged ones say nothing of what there was. */
export const newestWhole = (target: TargetFacts): Snapshot | undefined =>
  target.snapshots.findLast((one) => one.damaged.length === 0 && isRegular(one) && hasCome(one, target));

export const newestOf = (target: TargetFacts): Snapshot | undefined =>
  target.snapshots.findLast((one) => isRegular(one) && hasCome(one, target));

/** The newest verification of a level, whichever snapshot it is of. */
export const newestOfLevel = (
  wanted: Level,
  targets: readonly TargetFacts[],
  now?: number,
): (Verification & { readonly id: string }) | undefined =>
  targets
    .flatMap(({ snapshots, at: seenAt = Infinity }) =>
      snapshots.flatMap(({ id, verifications }) =>
        verifications.filter(({ at }) => !isFuture(at, now ?? seenAt)).map((one) => ({ id, ...one })),
      ),
    )
    .filter(({ level }) => level === wanted)
    .toSorted((one, other) => one.at - other.at)
    .at(-1);

export const drilledAt = (target: TargetFacts): number | undefined => newestOfLevel('drill', [target])?.at;
