// Approvals: what must be agreed to by a person, bound to a hash of exactly what was shown.
import type { ApprovalView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import { hashSpec, isMap } from '../model/spec.ts';
import type { Fact } from '../store/event.ts';
import type { ApprovalRow } from '../store/approvals.ts';
import { editOf } from './guard.ts';
import type { Scene } from './scene.ts';

const WAIT_FOR_ANSWER_MS = 7 * 86_400_000;
/** How long a yes stays good when nothing it was given for could happen yet. */
const GOOD_FOR_MS = 24 * 3_600_000;
/** Actions belong to no resource. */
const NOBODY: Ref = 'realm/self';

/** Over exactly what is shown: the whole spec that is wanted, and every change with both of its values. */
export function hashOf(step: Step, scene: Scene): string {
  const declared = step.ref === undefined ? undefined : scene.loaded.declaration.resources.get(step.ref);
  return hashSpec({
    ref: step.ref ?? null,
    action: step.action,
    spec: declared?.spec ?? null,
    invoke: step.invoke ?? null,
    changes: step.changes.map(({ action, path, from, to }) => ({ action, path, from: from ?? null, to: to ?? null })),
  });
}

/** There is a yes for exactly this step, and it is still good. */
export function isApproved(step: Step, scene: Scene): boolean {
  const known = scene.store.approvals.find(step.ref ?? NOBODY, hashOf(step, scene));
  return known?.state === 'approved' && (known.expiresAt ?? Infinity) > scene.world.clock.now();
}

/** Undefined when there is a fresh yes for exactly this step; else a Wait that names the approval, made when there was none. */
export function needApproval(step: Step, why: string, scene: Scene): Wait | undefined {
  const { store, world } = scene;
  const now = world.clock.now();
  const ref = step.ref ?? NOBODY;
  const hash = hashOf(step, scene);
  expire(scene);
  const known = store.approvals.find(ref, hash);
  if (known?.state === 'approved' && (known.expiresAt ?? Infinity) > now) return undefined;
  if (known?.state === 'denied' && (known.expiresAt ?? Infinity) > now)
    return {
      why: `${known.actor ?? 'somebody'} said no: ${known.reason ?? ''} (approval ${known.id})`,
      approval: true,
    };
  if (known?.state === 'waiting')
    return { why: `${why}; approval ${known.id} waits for \`realm approve ${known.id} --why TEXT\``, approval: true };
  if (store.health !== 'ok')
    return { why: `${why}; nobody can be asked while the state cannot be kept (${store.health})`, approval: true };
  const id = world.random.id(4);
  const what = `${why}: ${shown(step, scene)}`;
  const row: ApprovalRow = {
    id,
    what,
    ref,
    actor: null,
    reason: null,
    hash,
    createdAt: now,
    expiresAt: now + WAIT_FOR_ANSWER_MS,
    state: 'waiting',
  };
  world.crash('approval:before');
  put(row, { type: 'approval.requested', ref, actor: 'kernel', status: 'waiting', data: { id, ref, what } }, scene);
  world.crash('approval:after');
  return { why: `${why}; approval ${id} waits for \`realm approve ${id} --why TEXT\``, approval: true };
}

const put = (row: ApprovalRow, fact: Fact | undefined, { store }: Scene): void =>
  store.transaction(
    () => {
      store.approvals.put(row);
      if (fact !== undefined) store.journal.append(fact);
    },
    { durable: true },
  );

/** What the world would become, and what was edited: a replacement carries more than the key that causes it. */
function shown(step: Step, scene: Scene): string {
  if (step.action === 'remove') return `remove ${step.ref}`;
  if (step.action === 'invoke') return `${step.invoke?.name} ${say(step.invoke?.input)}`;
  const lines = new Set(
    step.changes.map(({ action, path, from, to }) => (path === '' ? action : `${path}: ${say(from)} -> ${say(to)}`)),
  );
  const paths = new Set(step.changes.map(({ path }) => path));
  for (const { path, from, to } of step.ref === undefined ? [] : editOf(step.ref, scene))
    if (path !== '' && !paths.has(path) && !isMap(from) && !isMap(to)) lines.add(`${path}: ${say(from)} -> ${say(to)}`);
  return [...lines].join(', ');
}
const say = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** A yes to an action is for one time. */
export function useUp(step: Step, scene: Scene): void {
  const row = scene.store.approvals.find(step.ref ?? NOBODY, hashOf(step, scene));
  if (row?.state === 'approved') put({ ...row, expiresAt: scene.world.clock.now() }, undefined, scene);
}

/** The resource is as declared: a yes is used up by the change it was given for, and what was asked is asked no more. */
export function closeApprovals(ref: Ref, scene: Scene): void {
  const { store, world } = scene;
  if (store.health !== 'ok') return;
  const now = world.clock.now();
  for (const row of store.approvals.all()) {
    if (row.ref !== ref || (row.expiresAt ?? Infinity) <= now) continue;
    if (row.state === 'waiting') close(row, 'no longer wanted', scene);
    else if (row.state === 'approved') put({ ...row, expiresAt: now }, undefined, scene);
  }
}

export function answer(
  id: string,
  state: 'approved' | 'denied',
  why: string,
  actor: string,
  scene: Scene,
): ApprovalRow {
  const { store, world } = scene;
  expire(scene);
  const row = store.approvals.get(id);
  if (row === undefined)
    throw new RealmError('APPROVAL_UNKNOWN', `there is no approval ${id}`, { hint: '`realm approvals` lists them' });
  if (row.state !== 'waiting')
    throw new RealmError('APPROVAL_CLOSED', `approval ${id} is ${row.state} already`, {
      hint: 'if the change is still wanted, it asks again by itself',
    });
  const answered = { ...row, state, reason: why, actor, expiresAt: world.clock.now() + GOOD_FOR_MS };
  const data = { id, ref: row.ref, state, why };
  world.crash('answer:before');
  put(answered, { type: 'approval.answered', ref: row.ref, actor, status: state, data }, scene);
  world.crash('answer:after');
  return answered;
}

function expire(scene: Scene): void {
  const now = scene.world.clock.now();
  for (const row of scene.store.approvals.all())
    if (row.state === 'waiting' && (row.expiresAt ?? Infinity) <= now) close(row, 'nobody answered in time', scene);
}

function close(row: ApprovalRow, why: string, scene: Scene): void {
  const { id, ref } = row;
  if (scene.store.health !== 'ok') return;
  const data = { id, ref, state: 'expired' as const, why };
  scene.world.crash('approval.close:before');
  put(
    { ...row, state: 'expired' },
    { type: 'approval.answered', ref, actor: 'kernel', status: 'expired', data },
    scene,
  );
  scene.world.crash('approval.close:after');
}

export const approvalView = (row: ApprovalRow): ApprovalView => ({
  ...row,
  createdAt: isoTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : isoTime(row.expiresAt),
});
