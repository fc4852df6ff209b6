// Who agreed to a watched change, and which nobody has agreed to yet: told by the snapshots themselves, without any database.
import type { Condition } from 'realm-runner/plugin';
import type { Snapshot } from './snapshot.ts';

export type Approval = 'approved' | 'denied' | 'reverted' | 'unapproved';

export interface Agreement {
  /** As `user:ada`. */
  readonly by: string;
  readonly why: string;
}

/** Undefined: it saved no change, or one that nobody has to agree to. */
export function approvalOf({ change }: Pick<Snapshot, 'change'>): Approval | undefined {
  if (change?.phase !== 'after') return undefined;
  if (change.answer !== undefined) return change.answer.is;
  if (change.approvedBy !== undefined) return 'approved';
  return change.question === undefined ? undefined : 'unapproved';
}

/** Who said so, and why: what was said last. */
export function agreementOf({ change }: Pick<Snapshot, 'change'>): Agreement | undefined {
  if (change?.answer !== undefined) return change.answer;
  if (change?.approvedBy === undefined) return undefined;
  return { by: change.approvedBy, why: change.why ?? '' };
}

/** By the keys of their questions, oldest first: one change lies in each target. */
export function openChanges(snapshots: readonly Snapshot[]): ReadonlyMap<string, Snapshot> {
  const open = new Map<string, Snapshot>();
  for (const one of snapshots.toSorted((first, second) => first.startedAt - second.startedAt)) {
    const key = one.change?.question;
    if (key !== undefined && approvalOf(one) === 'unapproved' && !open.has(key)) open.set(key, one);
  }
  return open;
}

/** `rules/gate.yaml, rules/safety.yaml and 3 more`. */
export const namedPaths = (paths: readonly string[]): string =>
  paths.slice(0, 3).join(', ') + (paths.length > 3 ? ` and ${paths.length - 3} more` : '');

/** What a person is asked. */
export function questionText({ id, change }: Snapshot): string {
  const before = change?.other === undefined ? 'nothing is kept from before' : `before: ${change.other}`;
  return `${namedPaths(change?.paths ?? [])} changed, and nobody agreed to it; saved as ${id} (${before})`;
}

/** No part of Degraded: the backup keeps its promise. The open question is what tells people. */
export function approvedCondition(snapshots: readonly Snapshot[]): Condition {
  const open = [...openChanges(snapshots).values()];
  if (open.length > 0) {
    const message = `${open.map(({ id }) => id).join(', ')}: nobody agreed yet; \`realm approvals\` asks`;
    return { type: 'Approved', status: 'False', reason: 'Unapproved', message };
  }
  const denied = snapshots.findLast((one) => approvalOf(one) === 'denied');
  if (denied === undefined) return { type: 'Approved', status: 'True', reason: 'Agreed', message: '' };
  const { by, why } = agreementOf(denied)!;
  const message = `${denied.id} was denied by ${by}: ${why}; \`realm backup revert ${denied.id}\` puts back what was before`;
  return { type: 'Approved', status: 'False', reason: 'Denied', message };
}
