// What is said of a snapshot when its run begins, and when it ends.
import type { Entry } from '../entry.ts';
import type { Tools, WriteJob } from '../engine.ts';
import { labelOf } from '../label.ts';
import type { Root } from '../policy.ts';
import { freeLabel } from './repository.ts';
import type { Facts } from './tags.ts';

/** Without a status: it is not committed. */
export function begun(job: WriteJob, roots: readonly Root[], list: string, tools: Tools): Facts {
  const { policy, trigger, slot, tags, change, startedAt = tools.now() } = job;
  return {
    uid: newUid(tools),
    policy: policy.name,
    realm: policy.realm,
    label: labelOf(policy.label, slot ?? startedAt, policy.zone),
    revision: 0,
    trigger,
    slot,
    startedAt,
    endedAt: startedAt,
    status: undefined,
    isSuspicious: false,
    files: 0,
    bytes: 0,
    tags,
    roots,
    list,
    change,
    verifiedAt: null,
    verifications: [],
    slices: [],
    damaged: [],
    pin: undefined,
    trash: undefined,
  };
}

/** Never given out twice: the instant, and chance enough for many in one. */
function newUid(tools: Tools): string {
  const chance = [1, 2, 3].map(() => Math.floor(tools.random() * 2 ** 32).toString(36));
  return [tools.now().toString(36), ...chance].join('-');
}

export const sizesOf = (kept: readonly Entry[]): { readonly files: number; readonly bytes: number } => ({
  files: kept.filter(({ type }) => type === 'file').length,
  bytes: kept.reduce((sum, { size }) => sum + size, 0),
});

export function ended(
  facts: Facts,
  outcome: {
    kept: readonly Entry[];
    isPartial: boolean;
    isSuspicious: boolean;
    parent: Facts | undefined;
    readBytes: number;
  },
  { taken, tools }: { taken: readonly string[]; tools: Tools },
): Facts {
  const { kept, isPartial, isSuspicious, parent, readBytes } = outcome;
  const { files, bytes } = sizesOf(kept);
  const coverage = Math.min(1, bytes === 0 ? 1 : readBytes / bytes);
  const endedAt = tools.now();
  return {
    ...facts,
    label: freeLabel(facts.label, taken),
    endedAt,
    files,
    bytes,
    status: isPartial ? 'partial' : 'complete',
    isSuspicious,
    // What was not read now is shared with one that was wholly read before, and known no better than there.
    verifiedAt: readBytes === Infinity ? endedAt : Math.min(endedAt, parent?.verifiedAt ?? endedAt),
    slices: readBytes === Infinity ? [] : (parent?.slices ?? []),
    verifications: coverage === 0 ? [] : [{ level: 'content', at: endedAt, isGood: true, coverage, damaged: [] }],
  };
}
