// The kind `backup`: a promise of freshness. Its state is the evidence in the targets; stale evidence is drift, and a run mends it.
import {
  again,
  blocked,
  type Change,
  type Context,
  done,
  type Kind,
  type Outcome,
  type Problem,
  type RunView,
  s,
  type SchemaOf,
} from 'realm-runner/plugin';
import { conditionsOf } from './conditions.ts';
import { dues, type Due, nextDue } from './due.ts';
import { triedAgainAt, undoneAgainAt } from './tried-again.ts';
import type { Facts } from './facts.ts';
import { keyOf, observe, purposeOf, triesOf } from './observe.ts';
import { type Backup, watchedPaths } from './policies.ts';
import { type BackupSpec, backupSpec, written } from './spec.ts';
import { needsVault } from './targets.ts';
import { ago } from './words.ts';

/** A run tells when it ends; this is for the case that it cannot. */
const LOOK_AT_RUN_MS = 60_000;

const seen: SchemaOf<Facts> = s.object({
  zone: s.string(),
  targets: s.list(s.any()),
  going: s.any(),
  failed: s.list(s.any()),
  changed: s.list(s.string()),
  answers: s.list(s.any()),
}) as SchemaOf<Facts>;

export const backup: Kind<BackupSpec, Facts> = {
  name: 'backup',
  section: 'backups',
  summary: 'Snapshots of files that exist, are complete, can be restored, and go when nothing keeps them.',
  spec: backupSpec,
  state: seen,
  removal: 'forget',
  resyncMs: 60_000,
  observes: ['restic'],
  keeps: ({ to }) => `the snapshots in ${to.map(written).join(', ')}`,
  check: checkBackups,
  watch: (spec) => watchedPaths(spec),
  observe: (want, ctx) => observe(want, ctx),
  diff: (spec, state, _last, now) => (state === null ? [] : dues(spec, state, now).map(changeOf)),
  conditions: (spec, state, now) => (state === null ? [] : conditionsOf(spec, state, now)),
  next: (spec, state, now) => (state === null ? undefined : nextDue(spec, state, now)),
  apply,
};

function changeOf({ because, blockedBy, from, to, says, slot, what, purpose }: Due): Change {
  return {
    action: 'update',
    path: what === 'run' ? 'newest' : what,
    from,
    to,
    says: blockedBy === undefined ? says : `${says}; ${blockedBy}`,
    because,
    reason: 'drift',
    slot: slot === null ? purpose : new Date(slot).toISOString(),
  };
}

/** One thing after the other: what has to wait is looked at again when the run before it has ended. */
async function apply(want: Backup, _changes: readonly Change[], ctx: Context): Promise<Outcome> {
  const facts = await observe(want, ctx);
  if (facts.going !== null) return again(LOOK_AT_RUN_MS, `run ${facts.going.id} (${facts.going.what}) is going`);
  const now = ctx.now();
  const all = dues(want.spec, facts, now);
  let waits: Outcome = done;
  const held: string[] = [];
  for (const due of all) {
    if (due.blockedBy !== undefined) {
      held.push(due.blockedBy);
      continue;
    }
    const before = ctx.runs(keyOf(want.name, due.what, due.purpose, ''), 1)[0];
    const { at, why } = triedAt(due, before, facts, now);
    if (at > now) {
      waits = again(at - now, `${why}; tried again in ${ago(at - now)}`);
      continue;
    }
    const key = nextKey(want.name, due, before);
    const input = { name: want.name, ...due.input };
    const { id } = await ctx.start({ action: `backup.${due.what}`, key, input, forRef: want.ref, trigger: 'schedule' });
    return again(LOOK_AT_RUN_MS, `run ${id} (${due.what}) is going`);
  }
  return held.length > 0 && waits === done ? blocked(held.join('; ')) : waits;
}

/** What went well and is owed all the same is no reason to run at full speed: the next try comes later each time. */
function triedAt(due: Due, before: RunView | undefined, { failed }: Facts, now: number): { at: number; why: string } {
  const one = failed.find(({ key, what }) => what === due.what && purposeOf(key) === due.purpose);
  if (one !== undefined) return { at: triedAgainAt(one, now), why: one.reason };
  if (before === undefined) return { at: now, why: '' };
  const at = undoneAgainAt({ endedAt: before.endedAt, tries: triesOf(before.key) }, now);
  return { at, why: `run ${before.id} went well, and it is owed all the same` };
}

/** A key never runs twice, and what was done once may be owed again: somebody deleted the snapshot. */
function nextKey(name: string, { what, purpose }: Due, before: RunView | undefined): string {
  return keyOf(name, what, purpose, before === undefined ? 1 : triesOf(before.key) + 1);
}

function checkBackups(all: readonly Backup[]): readonly Problem[] {
  return all.flatMap(({ ref, spec }) => {
    const found: Problem[] = [];
    spec.to.forEach((target, index) => {
      if (typeof target !== 'string' || !target.startsWith('zone/')) return;
      found.push({ ref, path: `to.${index}`, ...needsVault(target) });
    });
    if (spec.sources === undefined && spec.watch === undefined)
      found.push({ ref, message: 'it says nothing to save', hint: 'add `sources: [agents]`, or `watch:`' });
    if (spec.approval !== undefined && spec.watch === undefined)
      found.push({
        ref,
        path: 'approval',
        message: 'nothing is watched, so nobody is ever asked',
        hint: 'add `watch: [rules]`',
      });
    if (Object.keys(spec.keep).every((key) => key === 'floor' || key === 'budget'))
      found.push({
        ref,
        path: 'keep',
        message: 'no rule says what to keep, so nothing is ever removed',
        hint: 'for example `keep: { last: 30 }`',
        isWarning: true,
      });
    return found;
  });
}
