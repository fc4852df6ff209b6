// What a snapshot will say of itself: counts, troubles, what was read back, and whether it counts as complete.
import type { WriteJob } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Emitter, Tally } from './emit.ts';
import type { ReadBack, SnapshotRecord } from './record.ts';

export interface Made {
  readonly uid: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly parent: Snapshot | undefined;
  readonly isSuspicious: boolean;
  readonly emitter: Emitter;
  /** A source is missing: no tolerance covers that. */
  readonly isFolderLost: boolean;
  readonly tookMs: Readonly<Record<string, number>>;
}

export function recordOf({ policy, trigger, slot, tags, change }: WriteJob, made: Made): SnapshotRecord {
  const { uid, startedAt, endedAt, parent, isSuspicious, emitter } = made;
  const { tally, troubles } = emitter;
  const { files, bytes, folders, links, unsaved, copiedBytes, takenFiles, resumedFiles, damagedParent } = tally;
  return {
    uid,
    policy: policy.name,
    slot,
    startedAt,
    endedAt,
    trigger,
    status: unsaved > policy.tolerate || made.isFolderLost ? 'partial' : 'complete',
    isSuspicious,
    files,
    bytes,
    realm: policy.realm,
    host: policy.host,
    tags,
    change,
    roots: policy.roots,
    parent: takenFiles > 0 ? parent?.uid : undefined,
    readBack: readBackOf(tally, endedAt, policy.verifyAfterRun === 'all', parent),
    details: {
      counts: { folders, links, unsaved, copiedBytes, takenFiles, resumedFiles },
      tookMs: made.tookMs,
      versions: { node: process.version },
      ...(damagedParent.length > 0 && { damagedParent }),
      troubles,
    },
  };
}

/** What is written is read back at once, so all but what was taken over unread has been. */
function readBackOf(tally: Tally, at: number, isAll: boolean, parent: Snapshot | undefined): ReadBack {
  const unread = isAll ? 0 : tally.takenBytes;
  const coverage = tally.bytes === 0 ? 1 : Math.max(0, 1 - unread / tally.bytes);
  if (isAll || tally.takenFiles === 0) return { at, coverage, isWhole: true };
  if (typeof parent?.verifiedAt !== 'number') return { at, coverage, isWhole: false };
  // What was taken over is not known any better than it was in the snapshot before.
  return { at, coverage, isWhole: true, rest: { verifiedAt: parent.verifiedAt, slices: parent.slices } };
}
