// What a policy says of itself: each promise has a condition of its own, so that a prune that stopped is not hidden by a fresh backup.
import type { Condition } from 'realm-runner/plugin';
import { approvedCondition } from './approval.ts';
import { covers, dueSlot, dues, retentionOf, slotAfter } from './due.ts';
import {
  type Facts,
  isGood,
  newestGood,
  newestOf,
  newestOfLevel,
  standsFor,
  type TargetFacts,
  type Work,
} from './facts.ts';
import { readSince } from './scrub.ts';
import type { Snapshot } from './snapshot.ts';
import type { BackupSpec } from './spec.ts';
import { ago } from './words.ts';

const LATE_MS = 3_600_000;
const FULL_PERCENT = 90;
const DUE = 'Due';

export function conditionsOf(spec: BackupSpec, facts: Facts, now: number): readonly Condition[] {
  const all = [
    targetReady(facts),
    fresh(spec, facts, now),
    complete(facts),
    verified(spec, facts, now),
    ...(spec.to.length > 1 ? [replicated(spec, facts, now)] : []),
    ...(spec.drill === undefined ? [] : [drilled(spec, spec.drill, facts, now)]),
    retained(spec, facts, now),
    ...(spec.watch === undefined ? [] : [approvedCondition(facts.targets.flatMap(({ snapshots }) => snapshots))]),
  ];
  return [...all, ...summary(all, facts)];
}

const yes = (type: string, reason: string, message = ''): Condition => ({ type, status: 'True', reason, message });
const no = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message });
const open = (type: string, reason: string, message: string): Condition => ({
  type,
  status: 'Unknown',
  reason,
  message,
});

/** What is owed and not yet late, or is told in another way: nobody is called for it. */
const isBroken = ({ type, status, reason }: Condition): boolean =>
  status === 'False' && reason !== DUE && type !== 'Approved' && (type !== 'Fresh' || reason === 'Stale');

/** It is being mended, and has not been for long: after an edit, or a weekend switched off, nobody is called for that. */
const isUnderWay = (what: Work, going: Facts['going'], now: number): boolean =>
  going?.what === what && now - (going.startedAt ?? now) <= LATE_MS;

/** Ready: fresh, in at least one place that can be reached. Degraded: a promise is broken, whichever; people are told. */
function summary(all: readonly Condition[], { going }: Facts): readonly Condition[] {
  const broken = all.filter(isBroken);
  const isFresh = all.find(({ type }) => type === 'Fresh')!;
  return [
    { ...isFresh, type: 'Ready' },
    broken.length === 0
      ? no('Degraded', 'AllKept', '')
      : yes('Degraded', broken[0]!.reason, broken.map(({ message }) => message).join('; ')),
    ...(going === null ? [] : [yes('Progressing', 'RunGoing', `run ${going.id} is going`)]),
  ];
}

function targetReady({ targets }: Facts): Condition {
  const away = targets.filter(({ is }) => is === 'missing' || is === 'foreign');
  if (away.length > 0) return no('TargetReady', 'NotMounted', away.map(({ why }) => why).join('; '));
  const sealed = targets.filter(({ is }) => is === 'read-only');
  if (sealed.length > 0) return no('TargetReady', 'ReadOnly', sealed.map(({ why }) => why).join('; '));
  const full = targets.filter(({ is, usedPercent }) => is === 'full' || (usedPercent ?? 0) > FULL_PERCENT);
  if (full.length > 0)
    return no(
      'TargetReady',
      'Filling',
      full.map(({ name, usedPercent }) => `${name} is ${usedPercent} % full`).join('; '),
    );
  return yes('TargetReady', 'Ready');
}

function fresh(spec: BackupSpec, { targets, zone, changed, failed, going }: Facts, now: number): Condition {
  const goods = targets.map(newestGood).filter((one) => one !== undefined);
  const newest = goods.toSorted((one, other) => one.startedAt - other.startedAt).at(-1);
  const failure = failed.find(({ what }) => what === 'run');
  const because = failure === undefined ? '' : `; the last try failed: ${failure.reason}`;
  if (newest === undefined) return no('Fresh', 'NoSnapshot', `no good snapshot yet${because}`);
  const said = `last good ${ago(now - newest.startedAt)} ago, ${newest.label}`;
  const slot = dueSlot(spec, zone, now);
  if (slot !== undefined && !targets.some((target) => covers(target, slot))) {
    // Since the first that was missed: of one that is due each hour the latest is never late.
    const missed = slotAfter(spec.schedule!, zone, standsFor(newest)) ?? slot;
    const isLate = now - missed > (spec.lateAfter ?? LATE_MS) && !isUnderWay('run', going, now);
    return no('Fresh', isLate ? 'Stale' : DUE, `${said}; one was due ${ago(now - slot)} ago${because}`);
  }
  if (changed.length > 0)
    return no('Fresh', 'SourceChanged', `${changed.length} watched changed since ${newest.label}${because}`);
  return yes('Fresh', 'Recent', said);
}

function complete({ targets }: Facts): Condition {
  const newest = targets.map(newestOf).filter((one) => one !== undefined);
  const bad = newest.find(({ status }) => status === 'partial');
  if (bad !== undefined) return no('Complete', 'Partial', `${bad.id} is partial: some files could not be saved`);
  const small = newest.find(({ isSuspicious }) => isSuspicious);
  if (small !== undefined)
    return no(
      'Complete',
      'Shrunken',
      `${small.id} holds far less than before; if that is right: realm backup run ${small.policy} --allow-shrink`,
    );
  return newest.length === 0 ? open('Complete', 'NoSnapshot', 'no snapshot yet') : yes('Complete', 'Complete');
}

function verified({ verify }: BackupSpec, { targets }: Facts, now: number): Condition {
  const all = targets.flatMap(({ snapshots }) => snapshots);
  const damaged = all.filter((one) => one.damaged.length > 0);
  const unreadable = targets.flatMap((target) => target.unreadable);
  if (damaged.length > 0)
    return no('Verified', 'Damaged', damaged.map((one) => `${one.id}: ${one.damaged.join(', ')}`).join('; '));
  if (unreadable.length > 0) return no('Verified', 'Unreadable', unreadable.join('; '));
  const unsure = all.find((one) => one.unsure !== undefined);
  if (unsure !== undefined) return no('Verified', 'NotesDamaged', unsureSaid(unsure));
  const beside = newestOfLevel('source', targets, now);
  if (beside?.isGood === false)
    return no('Verified', 'SourceDiffers', `${beside.id} and its sources: ${beside.damaged.join(', ')}`);
  const read = all
    .map(({ id, ...one }) => ({ id, since: readSince({ id, ...one }, verify.scrubWithin, now) }))
    .toSorted((one, other) => one.since - other.since);
  const late = read.filter(({ since }) => now - since > verify.scrubWithin + LATE_MS);
  if (late.length > 0)
    return no('Verified', 'ScrubLate', `${late.length} were not read again in time, ${late[0]!.id} the longest`);
  if (read[0] === undefined) return open('Verified', 'NoSnapshot', 'no snapshot yet');
  const first = Math.min(...targets.flatMap((target) => newestGood(target)?.endedAt ?? []));
  const comparedAt = beside?.at ?? first;
  if (now - comparedAt > (verify.sourceWithin ?? Infinity) + LATE_MS)
    return no('Verified', 'SourceLate', `not compared with its sources for ${ago(now - comparedAt)}`);
  return yes('Verified', 'Verified', `nothing is unread for more than ${ago(now - read[0].since)}`);
}

const unsureSaid = ({ id, policy, label, unsure }: Snapshot): string =>
  `${id}: ${unsure}, so it stays as if it were pinned; say anew with realm backup pin ${policy} ${label}, or unpin`;

/** Late when what a target lacks was in another an hour ago: they are written one after the other. */
function replicated(spec: BackupSpec, { targets, zone, going }: Facts, now: number): Condition {
  const newest = Math.max(...targets.map((target) => newestGood(target)?.startedAt ?? 0));
  const wanted = dueSlot(spec, zone, now) ?? newest;
  const behind = targets.filter((target) => !covers(target, Math.min(wanted, newest)));
  if (behind.length === 0) return yes('Replicated', 'InAll', `in ${targets.length} targets`);
  const goods = targets.flatMap(({ snapshots }) => snapshots).filter((one) => isGood(one) && one.trigger !== 'safety');
  const lacked = behind.flatMap((target) => {
    const own = newestGood(target)?.startedAt ?? 0;
    return goods.filter(({ startedAt }) => startedAt > own).map(({ endedAt }) => endedAt);
  });
  const isLate = now - Math.min(...lacked) > LATE_MS && !isUnderWay('run', going, now);
  return no('Replicated', isLate ? 'Behind' : DUE, `${behind.map(({ name }) => name).join(', ')} lacks the newest`);
}

/** What it held then, of what it holds now. */
const asOf = (target: TargetFacts, at: number): TargetFacts => ({
  ...target,
  snapshots: target.snapshots.filter(({ endedAt }) => endedAt <= at),
});

function drilled(spec: BackupSpec, drill: NonNullable<BackupSpec['drill']>, facts: Facts, now: number): Condition {
  const last = newestOfLevel('drill', facts.targets, now);
  const first = Math.min(...facts.targets.flatMap((target) => newestGood(target)?.endedAt ?? []));
  const since = last === undefined ? first : (slotAfter(drill.schedule, facts.zone, last.at) ?? now);
  const isLate = now - since > LATE_MS && !isUnderWay('drill', facts.going, now);
  if (last === undefined) return no('Drilled', isLate ? 'Never' : DUE, 'no restore was ever proven');
  if (!last.isGood) return no('Drilled', 'Failed', `the restore of ${last.id} failed ${ago(now - last.at)} ago`);
  const isDue = dues(spec, facts, now).some(({ what }) => what === 'drill');
  const said = `last proven restore ${ago(now - last.at)} ago, ${last.id}`;
  return isDue ? no('Drilled', isLate ? 'Stale' : DUE, said) : yes('Drilled', 'Proven', said);
}

function retained(spec: BackupSpec, { targets, zone, going }: Facts, now: number): Condition {
  const plans = targets.map((target) => retentionOf(spec, target, zone, now)).filter((one) => one !== undefined);
  const why = plans.map(({ frozen, refused }) => refused ?? frozen).find((one) => one !== undefined);
  if (why !== undefined) return no('Retained', 'Held', `nothing is removed: ${why}`);
  const over = plans.reduce((sum, { remove }) => sum + remove.length, 0);
  if (over === 0) return yes('Retained', 'Kept');
  const before = targets.flatMap((target) => retentionOf(spec, asOf(target, now - LATE_MS), zone, now - LATE_MS) ?? []);
  const wereOver = new Set(before.flatMap(({ remove }) => remove.map(({ uid }) => uid)));
  const isOld = plans.some(({ remove }) => remove.some(({ uid }) => wereOver.has(uid)));
  const isLate = isOld && !isUnderWay('prune', going, now);
  return no('Retained', isLate ? 'Over' : DUE, `${over} more than the rules keep`);
}
