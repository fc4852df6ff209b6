// Lets go of what no rule keeps, in one target, as the plan says.
import type { Engine, Tools } from './engine.ts';
import { lastRun, rememberRun } from './known-targets.ts';
import type { Policy } from './policy.ts';
import { plan, type RetentionPlan } from './retention/plan.ts';
import type { Snapshot } from './snapshot.ts';

export interface Pruned {
  readonly plan: RetentionPlan | undefined;
  /** In the trash now. */
  readonly removed: readonly Snapshot[];
}

interface PruneWish {
  readonly allowDeletions?: boolean | undefined;
  readonly isPlan?: boolean | undefined;
  /** Where it is known how the last run ended. Undefined: this is part of a run that has just made a good one. */
  readonly data?: string | undefined;
}

/** Throws BACKUP_LISTING_SHORT when fewer are listed than were left there. */
export async function prune(engine: Engine, policy: Policy, tools: Tools, wish: PruneWish): Promise<Pruned> {
  const { allowDeletions, isPlan, data } = wish;
  const { snapshots, unreadable } = await engine.list(policy.name);
  const last = data === undefined ? undefined : lastRun(policy.name, engine.name, data);
  if (snapshots.length === 0 && (last?.snapshots ?? 0) === 0) return { plan: undefined, removed: [] };
  const made = plan(snapshots, policy.keep, {
    now: tools.now(),
    zone: policy.zone,
    allowDeletions,
    expectedAtLeast: last && Math.max(0, last.snapshots - unreadable.length),
    newestRunFailed: last?.failed ?? undefined,
    unreadable: unreadable.map(({ path }) => path),
  });
  if (isPlan === true || made.remove.length === 0) return { plan: made, removed: [] };
  const why = new Map(made.verdicts.map(({ snapshot, reasons }) => [snapshot, reasons.join(', ')]));
  await engine.remove(made.remove, (one) => why.get(one) ?? '', tools);
  if (data !== undefined) {
    const left = snapshots.length - made.remove.length;
    rememberRun(policy.name, engine.name, { snapshots: left, failed: last?.failed ?? null }, data);
  }
  return { plan: made, removed: made.remove };
}
