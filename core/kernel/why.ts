// Answers "why is it so?" from reasons that were stored when they arose; nothing is guessed from logs.
import type { WhyView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { Scene } from './scene.ts';
import { eventView, resourceView, runView } from './views.ts';

const RECENT = 5;

export function why(ref: Ref, scene: Scene): WhyView {
  const { store, loaded } = scene;
  const declared = loaded.declaration.resources.get(ref);
  const row = scene.rows.get(ref) ?? null;
  if (declared === undefined && row === null) {
    throw new RealmError('REF_UNKNOWN', `${ref} is neither declared nor remembered`, {
      hint: '`realm status` lists all',
    });
  }
  const waitsFor = scene.waitsFor(ref);
  return {
    version: 1,
    ref,
    reasons: reasonsOf(ref, scene, waitsFor),
    resource: row === null ? null : resourceView(row, scene.overridesOf(ref)),
    waitsFor,
    runs: store.runs.list({ ref, limit: RECENT }).map(runView),
    events: store.journal.last(RECENT, { ref }).map(eventView),
  };
}

function reasonsOf(ref: Ref, scene: Scene, waitsFor: readonly Ref[]): string[] {
  const { loaded } = scene;
  const declared = loaded.declaration.resources.get(ref);
  const row = scene.rows.get(ref);
  const reasons: string[] = [];
  for (const { effect, actor, why: word, until } of scene.overridesOf(ref))
    reasons.push(`${effect} by ${actor}${until === null ? '' : ` until ${isoTime(until)}`}: ${word}`);
  if (declared === undefined)
    reasons.push(
      'it is no longer declared',
      ...(row?.held === null || row === undefined ? [] : [`its removal is held: ${row.held}`]),
    );
  if (declared?.enabled === false) reasons.push('it is declared with `enabled: false`, so Realm leaves it alone');
  for (const other of waitsFor) reasons.push(`it comes after ${other}, which ${standingOf(other, scene)}`);
  if (row === undefined)
    return [...reasons, 'it is declared, and nothing was applied yet: run `realm apply` or `realm up`'];
  for (const { type, status, reason, message, since } of [...row.conditions].toSorted(worstFirst)) {
    reasons.push(`${type} is ${status} since ${isoTime(since)} (${reason})${message === '' ? '' : `: ${message}`}`);
  }
  if (row.attempts > 0)
    reasons.push(
      `${row.attempts} ${row.attempts === 1 ? 'attempt' : 'attempts'} failed${row.nextLookAt === null ? '' : `; the next is at ${isoTime(row.nextLookAt)}`}`,
    );
  if (declared?.owner !== undefined) reasons.push(`${declared.owner} stands for it`);
  if (row.lastAppliedAt !== null) reasons.push(`last applied at ${isoTime(row.lastAppliedAt)}`);
  return reasons;
}

function standingOf(ref: Ref, { rows }: Scene): string {
  const row = rows.get(ref);
  const ready = row?.conditions.find(({ type }) => type === 'Ready');
  if (row === undefined || ready === undefined) return 'was not looked at yet';
  if (row.observedGeneration !== row.generation) return 'was edited, and not looked at since';
  return `is not ready (${ready.reason})${ready.message === '' ? '' : `: ${ready.message}`}`;
}

const isWell = ({ type, status }: { type: string; status: string }): number =>
  type === 'Ready'
    ? Number(status === 'True')
    : type === 'Degraded' || type === 'Stalled'
      ? Number(status === 'False')
      : 1;
const worstFirst = (a: { type: string; status: string }, b: { type: string; status: string }): number =>
  isWell(a) - isWell(b);
