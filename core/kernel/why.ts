// Answers "why is it so?" from reasons that were stored when they arose; nothing is guessed from logs.
import type { WhyView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import { RealmError } from '../errors.ts';
import type { Edge } from '../contract/kind.ts';
import type { StandingCondition } from '../model/conditions.ts';
import { edgesText } from '../model/edge.ts';
import type { Ref } from '../model/ref.ts';
import type { ResourceRow } from '../store/resources.ts';
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
    waitsFor: waitsFor.map((edge) => edge.ref),
    runs: store.runs.list({ ref, limit: RECENT }).map(runView),
    events: store.journal.last(RECENT, { ref }).map(eventView),
  };
}

function reasonsOf(ref: Ref, scene: Scene, waitsFor: readonly Edge[]): string[] {
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
  for (const edge of waitsFor) reasons.push(`it waits for ${edgesText([edge])}, ${standingOf(edge, scene)}`);
  if (row === undefined)
    return [...reasons, 'it is declared, and nothing was applied yet: run `realm apply` or `realm up`'];
  reasons.push(...conditionTexts(row.conditions));
  if (row.attempts > 0) reasons.push(attemptsText(row));
  if (declared?.owner !== undefined) reasons.push(`${declared.owner} stands for it`);
  if (row.lastAppliedAt !== null) reasons.push(`last applied at ${isoTime(row.lastAppliedAt)}`);
  return reasons;
}

/** Being put right each time the world moved is no failure. */
function attemptsText({ attempts, conditions, nextLookAt }: ResourceRow): string {
  const isMoving = conditions.some(
    ({ type, status, reason }) => type === 'Progressing' && status === 'True' && reason === 'Again',
  );
  const times = attempts === 1 ? 'once' : `${attempts} times in a row`;
  const counted = isMoving
    ? `it was put right ${times}, and the world moved meanwhile`
    : `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} failed`;
  return nextLookAt === null ? counted : `${counted}; the next is at ${isoTime(nextLookAt)}`;
}

/** The worst first. What several say in the same words is said once; bad news that did not come is no reason for anything. */
function conditionTexts(conditions: readonly StandingCondition[]): string[] {
  const said = new Set(['']);
  return conditions
    .filter(({ status, reason }) => status !== 'False' || reason !== 'AsExpected')
    .toSorted(worstFirst)
    .map(({ type, status, reason, message, since }) => {
      const text = said.has(message) ? '' : `: ${message}`;
      said.add(message);
      return `${type} is ${status} since ${isoTime(since)} (${reason})${text}`;
    });
}

/** What keeps the awaited condition from being True, or that nobody ever says it. */
function standingOf({ ref, until }: Edge, { rows }: Scene): string {
  const row = rows.get(ref);
  const find = (wanted: string) => row?.conditions.find(({ type }) => type === wanted);
  const ready = find('Ready');
  if (row === undefined || ready === undefined) return 'which was not looked at yet';
  if (row.observedGeneration !== row.generation) return 'which was edited, and not looked at since';
  const found = find(until) ?? (ready.status === 'True' ? undefined : ready);
  if (found === undefined) return `of which nothing is ever said: its kind has no condition ${until}`;
  return `which is not so (${found.reason})${found.message === '' ? '' : `: ${found.message}`}`;
}

const isWell = ({ type, status }: { type: string; status: string }): number =>
  type === 'Ready'
    ? Number(status === 'True')
    : type === 'Degraded' || type === 'Stalled'
      ? Number(status === 'False')
      : 1;
const worstFirst = (a: { type: string; status: string }, b: { type: string; status: string }): number =>
  isWell(a) - isWell(b);
