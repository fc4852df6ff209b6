// What a policy owes now, and when it will owe something next; pure.
import { latestSlot, nextSlot, parseSchedule, type Schedule } from 'realm-runner/plugin';
import { namedPaths, openChanges } from './approval.ts';
import { drilledAt, type Facts, newestGood, newestOfLevel, standsFor, type TargetFacts, type Work } from './facts.ts';
import { plan, type RetentionPlan } from './retention/plan.ts';
import { nextSlice } from './scrub.ts';
import type { Snapshot } from './snapshot.ts';
import type { BackupSpec } from './spec.ts';
import { triedAgainAt } from './tried-again.ts';
import { ago } from './words.ts';

export interface Due {
  readonly what: Work;
  /** The same for the same promise: a run with this purpose is made until one succeeds. */
  readonly purpose: string;
  /** ms: what it is due for. */
  readonly slot: number | null;
  /** For people, as the plan shows it. */
  readonly from: string;
  readonly to: string;
  /** The same as a sentence, with how old it is and how old it may be. */
  readonly says: string;
  readonly because:
    | 'BackupDue'
    | 'SourceChanged'
    | 'ChangeAnswered'
    | 'PruneDue'
    | 'ScrubDue'
    | 'SourceDue'
    | 'DrillDue';
  readonly input: object;
  /** Why no run can do it now. It is owed all the same. */
  readonly blockedBy?: string | undefined;
}

const scheduleOf = (spec: BackupSpec, zone: string): Schedule | undefined =>
  spec.schedule === undefined ? undefined : parseSchedule(spec.schedule, zone);

/** The slot whose snapshot ought to exist. */
export function dueSlot(spec: BackupSpec, zone: string, now: number): number | undefined {
  const schedule = scheduleOf(spec, zone);
  return schedule && latestSlot(schedule, now);
}

/** One that is full is tried: a run clears away first what is over its time. */
const isUsable = ({ is }: TargetFacts): boolean => is === 'ready' || is === 'new' || is === 'full';

/** What is owed in targets of which none can be used now. */
function blockedBy(targets: readonly TargetFacts[]): string | undefined {
  return targets.some(isUsable) ? undefined : targets.map(({ name, why }) => `${name}: ${why}`).join('; ');
}

export const covers = (target: TargetFacts, slot: number): boolean => {
  const good = newestGood(target);
  return good !== undefined && standsFor(good) >= slot;
};

const shownAt = (at: number | undefined): string => (at === undefined ? 'none' : new Date(at).toISOString());

/** In the order in which it is done. */
export function dues(spec: BackupSpec, facts: Facts, now: number): readonly Due[] {
  return [
    ...runDue(spec, facts, now),
    ...changeDue(spec, facts),
    ...answerDue(facts),
    ...pruneDue(spec, facts, now),
    ...scrubDue(spec, facts, now),
    ...sourceDue(spec, facts, now),
    ...drillDue(spec, facts, now),
  ];
}

function runDue(spec: BackupSpec, { targets, zone }: Facts, now: number): readonly Due[] {
  const slot = dueSlot(spec, zone, now);
  if (slot === undefined) return [];
  const behind = targets.filter((target) => !covers(target, slot));
  if (behind.length === 0) return [];
  const newest = Math.max(...behind.map((target) => startOf(target) ?? -Infinity));
  const good = Number.isFinite(newest) ? newest : undefined;
  const where = behind.length === targets.length ? '' : ` in ${behind.map(({ name }) => name).join(', ')}`;
  return [
    {
      what: 'run',
      purpose: shownAt(slot),
      slot,
      from: shownAt(good),
      to: shownAt(slot),
      says: `${agoSaid('last good', good, now)}${where}, policy ${intervalSaid(spec.schedule!, slot, zone)}`,
      because: 'BackupDue',
      input: { slot: shownAt(slot), trigger: now - slot > 3_600_000 ? 'catch-up' : 'schedule' },
      blockedBy: blockedBy(behind),
    },
  ];
}

const agoSaid = (what: string, at: number | undefined, now: number): string =>
  at === undefined ? `${what}: none yet` : `${what} ${ago(now - at)} ago`;

/** The first slot after this instant, ms. */
export const slotAfter = (pattern: string, zone: string, at: number): number | undefined =>
  nextSlot(parseSchedule(pattern, zone), at);

/** From a slot to the next: how old what is promised gets. */
const intervalSaid = (pattern: string, slot: number, zone: string): string => {
  const next = slotAfter(pattern, zone, slot);
  return next === undefined ? 'once' : ago(next - slot);
};

const startOf = (target: TargetFacts): number | undefined => newestGood(target)?.startedAt;

/** The first snapshot of what is watched is its state before the first change. */
function changeDue(spec: BackupSpec, { targets, changed }: Facts): readonly Due[] {
  if (spec.watch === undefined) return [];
  const usable = targets.filter(isUsable);
  if (usable.length === 0) return [unseenChange(targets)];
  const isFirst = usable.some((target) => newestGood(target) === undefined);
  if (changed.length === 0 && !(isFirst && spec.schedule === undefined)) return [];
  const newest = usable.map(newestGood).find((one) => one !== undefined);
  return [
    {
      what: 'run',
      purpose: `after ${newest?.uid ?? 'nothing'}: ${changed.join(' ').slice(0, 200)}`,
      slot: null,
      from: newest?.label ?? 'none',
      to: changed.length === 0 ? 'as it is' : namedPaths(changed),
      says:
        changed.length === 0
          ? 'the state before the first change is not saved yet'
          : `${namedPaths(changed)} changed since ${newest?.label ?? 'the start'}`,
      because: 'SourceChanged',
      input: { trigger: 'watch' },
    },
  ];
}

/** Nobody can say whether anything changed: that is not taken for nothing. */
const unseenChange = (targets: readonly TargetFacts[]): Due => ({
  what: 'run',
  purpose: 'after nobody knows what',
  slot: null,
  from: 'not known',
  to: 'as it is',
  says: 'what changed since the last one cannot be seen',
  because: 'SourceChanged',
  input: { trigger: 'watch' },
  blockedBy: blockedBy(targets),
});

/** What people said of a change is written into its snapshot. */
function answerDue({ targets, answers }: Facts): readonly Due[] {
  const open = openChanges(targets.filter(isUsable).flatMap(({ snapshots }) => snapshots));
  return answers.flatMap(({ key, state, by, why }): Due[] => {
    const snapshot = open.get(key);
    if (snapshot === undefined || state === 'waiting') return [];
    return [
      {
        what: 'approve',
        purpose: key,
        slot: null,
        from: 'unapproved',
        to: state,
        says: `${snapshot.id} was ${state} by ${by ?? 'somebody'}, which is not written into it yet`,
        because: 'ChangeAnswered',
        input: { question: key, why: why ?? 'no reason given', by: by ?? 'somebody', deny: state === 'denied' },
      },
    ];
  });
}

/** What would go now, for each target; an unreadable listing is never believed. */
export function retentionOf(
  spec: BackupSpec,
  target: TargetFacts,
  zone: string,
  now: number,
): RetentionPlan | undefined {
  if (target.is !== 'ready' || target.snapshots.length === 0) return undefined;
  const { snapshots, unreadable, failed: newestRunFailed } = target;
  return plan(snapshots, spec.keep, { now, zone, unreadable, newestRunFailed });
}

function pruneDue(spec: BackupSpec, { targets, zone }: Facts, now: number): readonly Due[] {
  const going = targets.flatMap((target) => retentionOf(spec, target, zone, now)?.remove ?? []);
  if (going.length === 0) return [];
  return [
    {
      what: 'prune',
      purpose: `prune ${going.map(({ uid }) => uid).join(' ')}`.slice(0, 200),
      slot: null,
      from: `${targets.reduce((sum, { snapshots }) => sum + snapshots.length, 0)} snapshots`,
      to: `${going.length} fewer`,
      says: `${going.length} more than the rules keep: ${namedPaths(going.map(({ id }) => id))}`,
      because: 'PruneDue',
      input: {},
    },
  ];
}

const scrubbed = (targets: readonly TargetFacts[]): readonly Snapshot[] =>
  targets.filter(isUsable).flatMap(({ snapshots }) => snapshots);

/** Slice by slice: some was read so long ago that it is its turn. */
function scrubDue(spec: BackupSpec, { targets }: Facts, now: number): readonly Due[] {
  const oldest = nextSlice(scrubbed(targets), spec.verify.scrubWithin, now);
  if (oldest === undefined || oldest.dueAt > now) return [];
  const { snapshot, readAt, n } = oldest;
  return [
    {
      what: 'verify',
      purpose: `scrub ${snapshot.uid} ${n} ${shownAt(readAt)}`,
      slot: null,
      from: shownAt(readAt),
      to: shownAt(now),
      says: `${snapshot.id} last read ${ago(now - readAt)} ago, policy ${ago(spec.verify.scrubWithin)}`,
      because: 'ScrubDue',
      input: { due: true },
    },
  ];
}

/** When the newest must have been compared with its sources, ms; before the first time: at once. */
function sourceDueAt({ verify }: BackupSpec, { targets }: Facts, now: number): number | undefined {
  if (verify.sourceWithin === undefined || !targets.some((target) => newestGood(target) !== undefined))
    return undefined;
  const last = newestOfLevel('source', targets, now);
  return last === undefined ? -Infinity : last.at + verify.sourceWithin;
}

function sourceDue(spec: BackupSpec, facts: Facts, now: number): readonly Due[] {
  const dueAt = sourceDueAt(spec, facts, now);
  if (dueAt === undefined || dueAt > now) return [];
  const last = newestOfLevel('source', facts.targets, now)?.at;
  return [
    {
      what: 'verify',
      purpose: `source ${shownAt(last)}`,
      slot: null,
      from: shownAt(last),
      to: shownAt(now),
      says: `${agoSaid('last compared with its sources', last, now)}, policy ${ago(spec.verify.sourceWithin!)}`,
      because: 'SourceDue',
      input: { level: 'source' },
      blockedBy: blockedBy(facts.targets),
    },
  ];
}

function drillDue(spec: BackupSpec, { targets, zone }: Facts, now: number): readonly Due[] {
  if (spec.drill === undefined) return [];
  const slot = latestSlot(parseSchedule(spec.drill.schedule, zone), now);
  if (slot === undefined || !targets.some((target) => newestGood(target) !== undefined)) return [];
  const newest = targets.map(drilledAt).filter((at) => at !== undefined);
  if (newest.some((at) => at >= slot)) return [];
  const proven = newest.toSorted((one, other) => one - other).at(-1);
  return [
    {
      what: 'drill',
      purpose: `drill ${shownAt(slot)}`,
      slot,
      from: shownAt(proven),
      to: shownAt(slot),
      says: `${agoSaid('last proven restore', proven, now)}, policy ${intervalSaid(spec.drill.schedule, slot, zone)}`,
      because: 'DrillDue',
      input: { slot: shownAt(slot) },
    },
  ];
}

/** The next slot of backup or drill, or when something is to be read again, or tried again. */
export function nextDue(spec: BackupSpec, facts: Facts, now: number): number | undefined {
  const schedules = [spec.schedule, spec.drill?.schedule].filter((one) => one !== undefined);
  const times = [
    ...schedules.map((pattern) => nextSlot(parseSchedule(pattern, facts.zone), now)),
    nextSlice(scrubbed(facts.targets), spec.verify.scrubWithin, now)?.dueAt,
    sourceDueAt(spec, facts, now),
    ...facts.failed.map((one) => triedAgainAt(one, now)),
  ].filter((at) => at !== undefined && at > now) as number[];
  return times.length === 0 ? undefined : Math.min(...times);
}
