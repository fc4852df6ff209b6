// One trip of one declared ref: look, ask, change, look again; then one transaction that says what came of it.
import type { Clock } from '../clock.ts';
import type { Context, RunRequest } from '../contract/context.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import type { Change, Outcome } from '../contract/kind.ts';
import type { CrashPoint } from '../crash.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { PlannedAction } from '../api/door.ts';
import type { Declaration } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { encodeSpec } from '../model/spec.ts';
import type { Random } from '../random.ts';
import { Timeout, withBudget } from '../registry/budget.ts';
import type { Store } from '../store/store.ts';
import { type Applied, appliedOf, envelope, resourceOfApplied, sameThing, type Wanted } from './desired.ts';
import { type Look, look } from './look.ts';
import { type Ended, settle, type Verdict } from './settle.ts';

export const PASS_BUDGET_MS = 60_000;

export interface PassDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly crash: CrashPoint;
  readonly store: Store;
  declaration(): Declaration;
  /** What is declared under this ref now, or undefined. */
  find(ref: Ref): Wanted | undefined;
  /** Refs it comes after that are not ready. */
  waitsFor(ref: Ref): readonly Ref[];
  context(plugin: string, ref: Ref, signal: AbortSignal): Context;
  /** Guards, approvals and the review hook: the first that says wait. */
  review(step: Step): Promise<Wait | undefined>;
  settled(step: Step): Promise<void>;
  /** Starts the occurrences that are due. Absent where none may be started: in a one-shot apply. */
  readonly occur?: (ref: Ref, due: readonly RunRequest[]) => Promise<void>;
  /** Something a plugin did wrong (message) or does right again (null), by place. */
  trouble(plugin: string, where: string, message: string | null): void;
}

export async function pass(ref: Ref, deps: PassDeps, stop: AbortSignal): Promise<Verdict> {
  const wanted = deps.find(ref);
  if (wanted === undefined)
    return {
      end: 'unchanged',
      action: null,
      why: 'no longer declared',
      nextInMs: undefined,
      readyMoved: false,
      open: false,
    };
  if (!wanted.declared.enabled) return settle(wanted, { type: 'disabled' }, undefined, deps);
  const seen = await lookAt(wanted, deps, stop);
  if (seen.is !== 'seen') return settle(wanted, endOf(seen), seen, deps);
  if (wanted.heldBy === undefined && seen.due.length > 0) await deps.occur?.(ref, seen.due);
  if (seen.changes.length === 0 && !owesRemoval(wanted))
    return settle(wanted, { type: 'done', applied: false }, seen, deps);
  const held = await holds(wanted, seen.changes, deps);
  if (held !== undefined) return settle(wanted, held, seen, deps);
  return change(wanted, seen, deps, stop);
}

const lookAt = async (wanted: Wanted, deps: PassDeps, stop: AbortSignal): Promise<Look> => {
  const seen = await look(wanted, (signal) => deps.context(wanted.plugin, wanted.want.ref, signal), deps.clock, stop);
  const where = `observe of ${wanted.want.ref}`;
  if (seen.is === 'broken' || (seen.is === 'unknown' && seen.hung)) deps.trouble(wanted.plugin, where, seen.why);
  else if (seen.is === 'seen') deps.trouble(wanted.plugin, where, null);
  return seen;
};

function endOf(seen: Exclude<Look, { is: 'seen' }>): Ended {
  if (seen.is === 'data') return { type: 'done', applied: false };
  if (seen.is === 'elsewhere') return { type: 'elsewhere', host: seen.host };
  if (seen.is === 'broken') return { type: 'failed', code: seen.code, why: seen.why };
  return { type: 'unknown', code: seen.code, why: seen.why };
}

/** Everything that may keep a difference from being changed now, the operator's word first. */
async function holds(wanted: Wanted, changes: readonly Change[], deps: PassDeps): Promise<Ended | undefined> {
  const { heldBy, want, kind } = wanted;
  if (heldBy !== undefined)
    return {
      type: 'held',
      reason: 'Override',
      why: `${heldBy.effect} by ${heldBy.actor}: ${heldBy.why}`,
      retryMs: undefined,
    };
  const missing = deps.waitsFor(want.ref);
  if (missing.length > 0) return { type: 'waiting', on: missing };
  if (kind.apply === undefined) return { type: 'blocked', why: `differs, and kind ${kind.name} only looks` };
  const wait = await deps.review({ ref: want.ref, action: 'apply', changes });
  if (wait === undefined) return undefined;
  return {
    type: 'held',
    reason: wait.approval === true ? 'ApprovalNeeded' : 'Review',
    why: wait.why,
    retryMs: wait.retryMs,
  };
}

/** A replacement whose old half is still to be taken away, perhaps since before a crash. */
const owesRemoval = ({ row }: Wanted): boolean => row.intent?.what === 'replace' && row.intent.oldSpec !== undefined;

async function change(
  wanted: Wanted,
  seen: Look & { is: 'seen' },
  deps: PassDeps,
  stop: AbortSignal,
): Promise<Verdict> {
  const { want } = wanted;
  const old = oldHalf(wanted, seen.changes);
  recordIntent(wanted, seen.changes, old, deps);
  const outcome = await act(wanted, seen.changes, old, deps, stop);
  if (outcome.type !== 'done') return settle(wanted, outcome, seen, deps, actionOf(seen.changes));
  // A replacement is another thing: it has nothing of the old one to take back.
  const after = await lookAt(old === undefined ? wanted : { ...wanted, last: want.spec }, deps, stop);
  const end = judge(wanted, after, deps);
  const verdict = settle(wanted, end, after, deps, actionOf(seen.changes), seen.changes);
  if (end.type === 'done') await deps.settled({ ref: want.ref, action: 'apply', changes: seen.changes });
  return verdict;
}

/** The old thing that a replacement leaves behind, unless another declared resource is that very thing now. */
function oldHalf(wanted: Wanted, changes: readonly Change[]): Applied | undefined {
  if (owesRemoval(wanted)) return appliedOf({ ...wanted.row, lastSpec: wanted.row.intent!.oldSpec });
  return changes.some(({ action }) => action === 'replace') ? appliedOf(wanted.row) : undefined;
}

function recordIntent(wanted: Wanted, changes: readonly Change[], old: Applied | undefined, deps: PassDeps): void {
  const { store, clock, crash } = deps;
  const ref = wanted.want.ref;
  const drifted = changes.filter(({ reason }) => reason !== 'config').map(({ path }) => path);
  const intent = {
    what: old === undefined ? ('apply' as const) : ('replace' as const),
    at: clock.now(),
    spec: encodeSpec(envelope(wanted.declared)),
    ...(old === undefined ? {} : { oldSpec: encodeSpec(old) }),
  };
  crash('intent:before');
  store.transaction(
    () => {
      store.resources.put(ref, { intent });
      if (drifted.length > 0)
        store.journal.append({ type: 'resource.drifted', ref, actor: 'kernel', data: { ref, fields: drifted } });
    },
    { durable: true },
  );
  crash('intent:after');
}

type Acted = { readonly type: 'done' } | Exclude<Ended, { type: 'done' }>;

async function act(
  wanted: Wanted,
  changes: readonly Change[],
  old: Applied | undefined,
  deps: PassDeps,
  stop: AbortSignal,
): Promise<Acted> {
  const { kind, want, plugin } = wanted;
  const removeOld = async (): Promise<Acted> => {
    if (old === undefined || kind.remove === undefined) return { type: 'done' };
    if (sameThing(deps.declaration(), kind, old.spec, want.ref) !== undefined || isSame(kind, old.spec, want.spec))
      return { type: 'done' };
    return tried(
      plugin,
      'removing the replaced one',
      (signal) =>
        kind.remove!(resourceOfApplied(want.ref, old, want.generation), deps.context(plugin, want.ref, signal)),
      deps,
      stop,
    );
  };
  const make = (): Promise<Acted> =>
    changes.length === 0
      ? Promise.resolve({ type: 'done' })
      : tried(
          plugin,
          'applying',
          (signal) => kind.apply!(want, changes, deps.context(plugin, want.ref, signal)),
          deps,
          stop,
        );
  const [first, second] = kind.replace === 'remove-first' ? [removeOld, make] : [make, removeOld];
  const outcome = await first();
  return outcome.type === 'done' ? second() : outcome;
}

const isSame = (kind: Wanted['kind'], a: unknown, b: unknown): boolean =>
  (kind.identity as readonly string[]).every(
    (key) =>
      JSON.stringify((a as Record<string, unknown>)[key]) === JSON.stringify((b as Record<string, unknown>)[key]),
  );

/** Runs one call into a plugin within the pass budget; whatever it does wrong becomes a sentence with its name. */
export async function tried(
  plugin: string,
  what: string,
  call: (signal: AbortSignal) => Promise<Outcome | void>,
  deps: Pick<PassDeps, 'clock' | 'crash' | 'trouble'>,
  stop: AbortSignal,
): Promise<Acted> {
  try {
    deps.crash('act:before');
    const outcome = await withBudget(call, { ms: PASS_BUDGET_MS, clock: deps.clock, what, signal: stop });
    deps.crash('act:after');
    deps.trouble(plugin, what, null);
    return outcome ?? { type: 'done' };
  } catch (error) {
    if (error instanceof Timeout) {
      const why = `plugin ${plugin}: ${what} took longer than ${PASS_BUDGET_MS / 1000} s`;
      deps.trouble(plugin, what, why);
      return { type: 'failed', code: 'APPLY_TIMEOUT', why };
    }
    const code = error instanceof RealmError ? error.code : what === 'applying' ? 'APPLY_FAILED' : 'REMOVE_FAILED';
    return { type: 'failed', code, why: `plugin ${plugin}: ${what} failed: ${messageOf(error)}` };
  }
}

/** Observations are believed, not return values: done with a difference left is a failure of the plugin. */
function judge(wanted: Wanted, after: Look, deps: PassDeps): Ended {
  const where = `apply of ${wanted.want.ref}`;
  if (after.is !== 'seen') return endOf(after);
  if (after.changes.length === 0) {
    deps.trouble(wanted.plugin, where, null);
    return { type: 'done', applied: true };
  }
  const fields = after.changes.map(({ path }) => path || 'the whole resource').join(', ');
  const why = `plugin ${wanted.plugin} said done, but it still differs: ${fields}`;
  deps.trouble(wanted.plugin, where, why);
  return { type: 'failed', code: 'APPLY_DID_NOT_CONVERGE', why };
}

export function actionOf(changes: readonly Change[]): PlannedAction {
  if (changes.some(({ action }) => action === 'replace')) return 'replace';
  if (changes.some(({ action, path }) => action === 'create' && path === '')) return 'create';
  if (changes.every(({ action, path }) => action === 'remove' && path === '') && changes.length > 0) return 'remove';
  return 'update';
}
