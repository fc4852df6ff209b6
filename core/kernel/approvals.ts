// Approvals: what must be agreed to by a person, bound to a hash of exactly what was shown.
import type { ApprovalView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import { RealmError } from '../errors.ts';
import { type Ref, splitRef } from '../model/ref.ts';
import { hashSpec, isMap } from '../model/spec.ts';
import type { Fact } from '../store/event.ts';
import type { ApprovalRow } from '../store/approvals.ts';
import { asWritten } from './as-written.ts';
import { editOf } from './guard.ts';
import type { Scene } from './scene.ts';

const WAIT_FOR_ANSWER_MS = 7 * 86_400_000;
/** How long a yes stays good when nothing it was given for could happen yet. */
const GOOD_FOR_MS = 24 * 3_600_000;
const KEEP_ENDED_MS = 30 * 86_400_000;
/** A plugin whose change is another one at each look would ask without end. */
export const MOST_WAITING = 20;
/** In place of the hash of a change: who asks, and the asker's own name for it. */
const QUESTION = 'question ';
export const questionHash = (plugin: string, key: string): string => `${QUESTION}${plugin} ${key}`;
const isQuestion = ({ hash }: ApprovalRow): boolean => hash.startsWith(QUESTION);

/** Actions belong to no resource. */
const NOBODY: Ref = 'realm/self';

/**
 * Over exactly what is shown: the whole spec that is wanted, and every change with both of its values; or with its slot, since
 * a value that carries the time would be another one before anybody could answer.
 */
export function hashOf(step: Step, scene: Scene): string {
  const declared = step.ref === undefined ? undefined : scene.loaded.declaration.resources.get(step.ref);
  const all = {
    ref: step.ref ?? null,
    action: step.action,
    spec: declared?.spec ?? null,
    invoke: step.invoke ?? null,
    changes: step.changes.map(({ action, path, from, to, slot }) =>
      slot === undefined ? { action, path, from: from ?? null, to: to ?? null } : { action, path, slot },
    ),
  };
  return hashSpec(all, scene.loaded.secrets.mask.text);
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
  tidy(scene);
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
  putApproval(
    row,
    { type: 'approval.requested', ref, actor: 'kernel', status: 'waiting', data: { id, ref, what } },
    scene,
  );
  world.crash('approval:after');
  return { why: `${why}; approval ${id} waits for \`realm approve ${id} --why TEXT\``, approval: true };
}

export const putApproval = (row: ApprovalRow, fact: Fact | undefined, { store }: Scene): void =>
  store.transaction(
    () => {
      store.approvals.put(row);
      if (fact !== undefined) store.journal.append(fact);
    },
    { durable: true },
  );

/** What the world would become, and what was edited, as people write it: a replacement carries more than the key that causes it. */
function shown(step: Step, scene: Scene): string {
  const { mask } = scene.loaded.secrets;
  // Before it becomes JSON: of a text that is JSON already, that would be another form.
  const say = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(mask.value(value)));
  if (step.action === 'remove') return `remove ${step.ref}`;
  if (step.action === 'invoke') return `${step.invoke?.name} ${say(step.invoke?.input)}`;
  const kind = step.ref === undefined ? undefined : scene.kindOf(splitRef(step.ref).kind)?.kind;
  const written = kind === undefined ? undefined : asWritten(kind, scene.loaded.root);
  const line = ({ path, from, to }: { path: string; from?: unknown; to?: unknown }): string => {
    const texts = written?.({ path, from, to }).shown ?? {};
    const [before, after] = [texts.from, texts.to].map((text) => text && mask.text(text));
    return `${path}: ${before ?? say(from)} -> ${after ?? say(to)}`;
  };
  const lines = new Set(step.changes.map((change) => (change.path === '' ? change.action : line(change))));
  const paths = new Set(step.changes.map(({ path }) => path));
  for (const edit of step.ref === undefined ? [] : editOf(step.ref, scene))
    if (edit.path !== '' && !paths.has(edit.path) && !isMap(edit.from) && !isMap(edit.to)) lines.add(line(edit));
  return [...lines].join(', ');
}

/** A yes to an action is for one time. */
export function useUp(step: Step, scene: Scene): void {
  const row = scene.store.approvals.find(step.ref ?? NOBODY, hashOf(step, scene));
  if (row?.state === 'approved') putApproval({ ...row, expiresAt: scene.world.clock.now() }, undefined, scene);
}

/** The resource is as declared: a yes is used up by the change it was given for, and what was asked is asked no more. */
export function closeApprovals(ref: Ref, scene: Scene): void {
  const { store, world } = scene;
  if (store.health !== 'ok') return;
  const now = world.clock.now();
  for (const row of store.approvals.all()) {
    if (row.ref !== ref || isQuestion(row) || (row.expiresAt ?? Infinity) <= now) continue;
    if (row.state === 'waiting') closeApproval(row, 'no longer wanted', scene);
    else if (row.state === 'approved') putApproval({ ...row, expiresAt: now }, undefined, scene);
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
  tidy(scene);
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
  putApproval(answered, { type: 'approval.answered', ref: row.ref, actor, status: state, data }, scene);
  world.crash('answer:after');
  return answered;
}

/** What nobody answers ends, what has ended is forgotten after a while, and of one resource only the newest are asked. */
function tidy(scene: Scene): void {
  const { store, world } = scene;
  if (store.health !== 'ok') return;
  const now = world.clock.now();
  const waiting = new Map<Ref, number>();
  for (const row of store.approvals.all()) {
    const until = row.expiresAt ?? Infinity;
    const count = (waiting.get(row.ref) ?? 0) + 1;
    if (row.state === 'waiting' && !isQuestion(row)) waiting.set(row.ref, count);
    else if (until + KEEP_ENDED_MS <= now) forget(row, scene);
    if (row.state !== 'waiting' || isQuestion(row)) continue;
    if (until <= now) closeApproval(row, 'nobody answered in time', scene);
    else if (count > MOST_WAITING && row.ref !== NOBODY) {
      closeApproval(row, `${MOST_WAITING} newer questions about ${row.ref} wait`, scene);
      forget(row, scene);
    }
  }
}

function forget({ id }: ApprovalRow, { store, world }: Scene): void {
  world.crash('approval.forget:before');
  store.approvals.delete(id);
  world.crash('approval.forget:after');
}

export function closeApproval(row: ApprovalRow, why: string, scene: Scene): void {
  const { id, ref } = row;
  if (scene.store.health !== 'ok') return;
  const data = { id, ref, state: 'expired' as const, why };
  scene.world.crash('approval.close:before');
  putApproval(
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
