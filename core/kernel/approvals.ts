// Approvals: what must be agreed to by a person, bound to a hash of exactly what was shown.
import { matchesGlob } from 'node:path';
import type { ApprovalView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import { hashSpec } from '../model/spec.ts';
import { appliedOf } from '../reconcile/desired.ts';
import type { ApprovalRow } from '../store/approvals.ts';
import type { Scene } from './scene.ts';

const WAIT_FOR_ANSWER_MS = 7 * 86_400_000;
/** How long a yes stays good when nothing it was given for could happen yet. */
const GOOD_FOR_MS = 24 * 3_600_000;

/** Why this step needs a yes whatever plugins say: `protect: true`, or a locked path of the config. */
export function guarded(step: Step, scene: Scene): string | undefined {
  if (step.ref === undefined) return undefined;
  const declared = scene.loaded.declaration.resources.get(step.ref);
  const wanted = scene.find(step.ref);
  const isProtected = declared?.protect ?? lastProtect(step.ref, scene);
  const takes =
    step.action === 'remove' || step.changes.some(({ action }) => action === 'replace' || action === 'remove');
  if (isProtected && takes) return `${step.ref} is protected, and this takes something away`;
  if (declared === undefined || wanted === undefined || wanted.last === undefined) return undefined;
  const touched = step.changes
    .filter(({ reason }) => reason !== 'drift')
    .map(({ path }) => `${wanted.kind.section}.${declared.name}${path === '' ? '' : `.${path}`}`);
  for (const glob of scene.loaded.declaration.realm.locked) {
    const hit = touched.find((path) => matchesGlob(path.replaceAll('.', '/'), glob.replaceAll('.', '/')));
    if (hit !== undefined) return `${hit} is locked by realm.locked (${glob})`;
  }
  return undefined;
}

function lastProtect(ref: Ref, scene: Scene): boolean {
  const row = scene.store.resources.get(ref);
  return row !== undefined && appliedOf(row)?.protect === true;
}

/** Over exactly what is shown: the ref, and every change with both of its values. */
export function hashOf(step: Step): string {
  return hashSpec({
    ref: step.ref ?? null,
    action: step.action,
    invoke: step.invoke ?? null,
    changes: step.changes.map(({ action, path, from, to }) => ({ action, path, from: from ?? null, to: to ?? null })),
  });
}

/** Undefined when there is a fresh yes for exactly this step; else a Wait that names the approval, made when there was none. */
export function needApproval(step: Step, why: string, scene: Scene): Wait | undefined {
  const { store, world } = scene;
  const now = world.clock.now();
  const ref = step.ref ?? ('realm/self' as Ref);
  const hash = hashOf(step);
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
  const id = world.random.id(4);
  const what = `${why}: ${shown(step)}`;
  world.crash('approval:before');
  store.transaction(
    () => {
      store.approvals.put({
        id,
        what,
        ref,
        actor: null,
        reason: null,
        hash,
        createdAt: now,
        expiresAt: now + WAIT_FOR_ANSWER_MS,
        state: 'waiting',
      });
      store.journal.append({
        type: 'approval.requested',
        ref,
        actor: 'kernel',
        status: 'waiting',
        data: { id, ref, what },
      });
    },
    { durable: true },
  );
  world.crash('approval:after');
  return { why: `${why}; approval ${id} waits for \`realm approve ${id} --why TEXT\``, approval: true };
}

const shown = (step: Step): string =>
  step.action === 'remove'
    ? `remove ${step.ref}`
    : step.changes
        .map(({ action, path, from, to }) => (path === '' ? action : `${path}: ${say(from)} -> ${say(to)}`))
        .join(', ');
const say = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));

/** A yes is used up by the change it was given for. */
export function useUp(step: Step, scene: Scene): void {
  if (step.ref === undefined) return;
  const row = scene.store.approvals.find(step.ref, hashOf(step));
  if (row?.state === 'approved')
    scene.store.transaction(() => scene.store.approvals.put({ ...row, expiresAt: scene.world.clock.now() }));
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
  world.crash('answer:before');
  store.transaction(
    () => {
      store.approvals.put(answered);
      store.journal.append({
        type: 'approval.answered',
        ref: row.ref,
        actor,
        status: state,
        data: { id, ref: row.ref, state, why },
      });
    },
    { durable: true },
  );
  world.crash('answer:after');
  return answered;
}

function expire({ store, world }: Scene): void {
  const now = world.clock.now();
  for (const row of store.approvals.all()) {
    if (row.state !== 'waiting' || (row.expiresAt ?? Infinity) > now) continue;
    store.transaction(() => {
      store.approvals.put({ ...row, state: 'expired' });
      store.journal.append({
        type: 'approval.answered',
        ref: row.ref,
        actor: 'kernel',
        status: 'expired',
        data: { id: row.id, ref: row.ref, state: 'expired', why: 'nobody answered in time' },
      });
    });
  }
}

export const approvalView = (row: ApprovalRow): ApprovalView => ({
  ...row,
  createdAt: isoTime(row.createdAt),
  expiresAt: row.expiresAt === null ? null : isoTime(row.expiresAt),
});
