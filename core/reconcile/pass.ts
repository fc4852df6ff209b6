// One trip of one declared ref: look, ask, change, look again; then one transaction that says what came of it.
import type { Clock } from '../clock.ts';
import type { Context, RunRequest } from '../contract/context.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import type { Change, Edge, Kind } from '../contract/kind.ts';
import type { CrashPoint } from '../crash.ts';
import { actionOf } from '../model/diff.ts';
import type { Ref } from '../model/ref.ts';
import type { Random } from '../random.ts';
import type { StoreHealth } from '../store/store.ts';
import { appliedOf, identityOf, removalOf, type Thing, type Wanted } from './desired.ts';
import { tellDrift } from './drift.ts';
import { othersOf, replacedBy } from './fate.ts';
import { handOver } from './hand-over.ts';
import { judge } from './judge.ts';
import { elsewhereOf, moveAway } from './moved-away.ts';
import { type Look, look } from './look.ts';
import type { Rows } from './rows.ts';
import { type Ended, settle, type Verdict } from './settle.ts';
import { type Acted, DONE, takeAway, tried } from './take-away.ts';

/** What a pass is doing, as it is shown to whoever waits for it. */
export type Phase = 'looking' | 'applying' | 'removing' | 'looking again';

/** Everything a pass asks and tells; bound to the declaration and the plugin set in which it began, and ends. */
export interface PassDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly crash: CrashPoint;
  readonly rows: Rows;
  health(): StoreHealth;
  /** What is declared under this ref, or undefined. */
  find(ref: Ref): Wanted | undefined;
  /** What it comes after and is not so. */
  waitsFor(ref: Ref): readonly Edge[];
  /** The declared resource, other than `ref`, that is this very thing. */
  heirOf(kind: Kind, spec: unknown, ref: Ref): Ref | undefined;
  context(plugin: string, ref: Ref, signal: AbortSignal): Context;
  /** Guards, approvals and the review hook: the first that says wait. */
  review(step: Step): Promise<Wait | undefined>;
  settled(step: Step): Promise<void>;
  /** Nothing differs any more: what people were asked about this ref is over. */
  closeApprovals(ref: Ref): void;
  /** A person said yes to removals of this ref that its kind wants confirmed. */
  isConfirmed(ref: Ref): boolean;
  /** Starts the occurrences that are due, or says what they wait for. Absent in a one-shot apply, which starts none. */
  readonly occur?: (ref: Ref, due: readonly RunRequest[]) => Promise<Wait | undefined>;
  /** What is done to this ref from now on. */
  phase(ref: Ref, phase: Phase): void;
  /** Something a plugin did wrong (message) or does right again (null), by place. */
  trouble(plugin: string, where: string, message: string | null): void;
}

type Seen = Look & { readonly is: 'seen' };
const AS_DECLARED: Ended = { type: 'done', applied: false };

/** Rejects only when it is cut off by `stop`, or broken itself. */
export async function pass(ref: Ref, deps: PassDeps, stop: AbortSignal): Promise<Verdict> {
  const found = deps.find(ref);
  if (found === undefined) return NOT_DECLARED;
  if (!found.declared.enabled) return settle(found, { type: 'disabled' }, undefined, deps);
  deps.phase(ref, 'looking');
  const seen = await lookAt(found, deps, stop);
  if (seen.is === 'elsewhere') return settle(found, await moveAway(found, seen, deps, stop), seen, deps);
  if (seen.is !== 'seen') return settle(found, endOf(seen), seen, deps);
  const wanted = tellDrift(found, seen.changes, deps);
  handOver(ref, othersOf(wanted), wanted.kind, deps);
  const left = replacedBy(wanted, deps.heirOf);
  const late = await occurrences(wanted, seen, deps);
  if (seen.changes.length === 0 && left.length === 0) return settle(wanted, late ?? AS_DECLARED, seen, deps);
  const held = await holds(wanted, seen.changes, left, deps);
  if (held !== undefined) return settle(wanted, held, seen, deps);
  return change(wanted, seen, left, deps, stop);
}

const NOT_DECLARED: Verdict = {
  end: 'unchanged',
  action: null,
  why: 'no longer declared',
  nextInMs: undefined,
  awaitedMoved: false,
  open: false,
};

const lookAt = async (wanted: Wanted, deps: PassDeps, stop: AbortSignal): Promise<Look> => {
  const seen = await look(wanted, (signal) => deps.context(wanted.plugin, wanted.want.ref, signal), deps.clock, stop);
  const where = `observe of ${wanted.want.ref}`;
  if (seen.is === 'broken' || (seen.is === 'unknown' && seen.hung)) deps.trouble(wanted.plugin, where, seen.why);
  else if (seen.is === 'seen') deps.trouble(wanted.plugin, where, null);
  return seen;
};

function endOf(seen: Exclude<Look, { is: 'seen' }>): Ended {
  if (seen.is === 'data') return AS_DECLARED;
  if (seen.is === 'elsewhere') return elsewhereOf(seen);
  if (seen.is === 'broken') return { type: 'failed', code: seen.code, why: seen.why };
  return { type: 'unknown', code: seen.code, why: seen.why };
}

async function occurrences({ want, heldBy }: Wanted, { due }: Seen, deps: PassDeps): Promise<Ended | undefined> {
  if (due.length === 0 || heldBy !== undefined || deps.occur === undefined) return undefined;
  const missing = deps.waitsFor(want.ref);
  if (missing.length > 0) return { type: 'waiting', on: missing };
  const wait = await deps.occur(want.ref, due);
  return wait === undefined ? undefined : heldByReview(wait);
}

const heldByReview = ({ why, approval, retryMs }: Wait): Ended => ({
  type: 'held',
  reason: approval === true ? 'ApprovalNeeded' : 'Review',
  why,
  retryMs,
});

/** Everything that may keep a difference from being changed now, the operator's word first. */
async function holds(
  wanted: Wanted,
  changes: readonly Change[],
  left: readonly Thing[],
  deps: PassDeps,
): Promise<Ended | undefined> {
  const { heldBy, want, kind } = wanted;
  if (heldBy !== undefined) return held('Override', `${heldBy.effect} by ${heldBy.actor}: ${heldBy.why}`);
  const isOnlyEnding =
    kind.diff !== undefined && changes.length > 0 && changes.every(({ action }) => action === 'remove');
  const missing = isOnlyEnding ? [] : deps.waitsFor(want.ref);
  if (missing.length > 0) return { type: 'waiting', on: missing };
  if (kind.apply === undefined) return { type: 'blocked', why: `differs, and kind ${kind.name} only looks` };
  const unkept = heldByStore(wanted, left, deps);
  if (unkept !== undefined) return unkept;
  if (left.length > 0 && removalOf(kind) === 'confirm' && !deps.isConfirmed(want.ref))
    return held('Removal', `taking the replaced ${kind.name} away wants a yes: run \`realm apply\``);
  const wait = await deps.review({ ref: want.ref, action: 'apply', changes });
  return wait === undefined ? heldByStore(wanted, left, deps) : heldByReview(wait); // a review may take its time
}

const held = (reason: (Ended & { type: 'held' })['reason'], why: string): Ended => ({
  type: 'held',
  reason,
  why,
  retryMs: undefined,
});

/** Without state Realm only looks; while the disk is full it heals what it knows, and begins nothing it could forget. */
function heldByStore({ row }: Wanted, left: readonly Thing[], { health }: PassDeps): Ended | undefined {
  const state = health();
  if (state === 'observe-only')
    return held('ObserveOnly', 'the state is damaged, and Realm only looks until `realm state recover`');
  if (state === 'full' && (row.lastSpec === null || left.length > 0))
    return held('StoreFull', 'the disk of the state folder is full, and what is begun now could not be remembered');
  return undefined;
}

async function change(
  wanted: Wanted,
  seen: Seen,
  left: readonly Thing[],
  deps: PassDeps,
  stop: AbortSignal,
): Promise<Verdict> {
  const { want } = wanted;
  const { changes } = seen;
  const beganAt = deps.clock.now();
  const did = () => ({ action: actionOf(changes), changes, tookMs: Math.max(0, deps.clock.now() - beganAt) });
  recordIntent(wanted, seen, left, deps);
  deps.phase(want.ref, 'applying');
  const outcome = await act(wanted, changes, left, deps, stop);
  if (outcome.type !== 'done') return settle(wanted, outcome, seen, deps, did());
  deps.phase(want.ref, 'looking again');
  // What was taken back may stand at its default now, and what was replaced is another thing: nothing is left of `last`.
  const after = await lookAt({ ...wanted, last: want.spec, moved: () => [] }, deps, stop);
  const end = after.is === 'seen' ? judge(wanted, changes, after.changes, deps) : endOf(after);
  const verdict = settle(wanted, end, after, deps, did());
  if (end.type === 'done') await deps.settled({ ref: want.ref, action: 'apply', changes });
  return verdict;
}

/**
 * Written before the world is touched. After a crash it says what may exist; it is never replayed. Of a thing that was
 * applied before, that is known already: putting it right again costs no write that waits for the disk.
 */
function recordIntent(
  { want, kind, row, last, toRemember }: Wanted,
  { state }: Seen,
  left: readonly Thing[],
  { rows, clock, crash }: PassDeps,
): void {
  const isKnown = last !== undefined && identityOf(kind, last) === identityOf(kind, want.spec);
  if (isKnown && row.intent === null && left.length === 0) return;
  const before = row.intent?.spec;
  const isSecondTry =
    typeof before === 'string' &&
    identityOf(kind, appliedOf({ lastSpec: before })!.spec) === identityOf(kind, want.spec);
  const existed = isSecondTry ? row.intent!.existed : state !== null;
  const what = left.length === 0 ? 'apply' : 'replace';
  const intent = {
    what,
    at: clock.now(),
    spec: toRemember,
    ...(existed === undefined ? {} : { existed }),
    left,
  } as const;
  crash('intent:before');
  rows.put(want.ref, { intent }, [], true);
  crash('intent:after');
}

/** Makes the wanted thing and takes the others away, in the order that the kind asks for. */
async function act(
  { kind, want, plugin }: Wanted,
  changes: readonly Change[],
  left: readonly Thing[],
  deps: PassDeps,
  stop: AbortSignal,
): Promise<Acted> {
  const make = (): Promise<Acted> =>
    tried(
      { plugin, ref: want.ref, verb: 'apply' },
      (signal) => kind.apply!(want, changes, deps.context(plugin, want.ref, signal)),
      deps,
      stop,
    );
  const steps = left.map((thing) => () => takeAway(want.ref, thing, { kind, plugin }, deps, stop));
  if (changes.length > 0 && kind.replace === 'remove-first') steps.push(make);
  else if (changes.length > 0) steps.unshift(make);
  for (const step of steps) {
    const outcome = await step();
    if (outcome.type !== 'done') return outcome;
  }
  return DONE;
}
