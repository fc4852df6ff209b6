// One trip of a ref that is no longer declared: let go of it, take it away, or say what it waits for.
import type { Kind } from '../contract/kind.ts';
import type { ErrorCode } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { Fact } from '../store/event.ts';
import type { ResourceRow } from '../store/resources.ts';
import { backoffMs } from './backoff.ts';
import { handOver } from './hand-over.ts';
import { type KindOf, mayExist, removalOf, type Thing } from './desired.ts';
import { changesOf, type Fate, fateOf } from './fate.ts';
import type { PassDeps } from './pass.ts';
import { RESYNC_MS, type Verdict } from './settle.ts';
import { type Acted, DONE, takeAway } from './take-away.ts';

export interface RemovalDeps extends PassDeps {
  readonly kindOf: KindOf;
  /** No longer declared, and to be removed before this one, because they came after it. */
  removedBefore(ref: Ref): readonly Ref[];
  /** The row is gone: who is to be removed next. */
  forgotten(ref: Ref): readonly Ref[];
  /** Some declared ref has not had its first pass since the declaration changed: removals come last of all. */
  isUnsettled(): boolean;
  /** It was declared again while it was being removed. */
  isDeclared(ref: Ref): boolean;
  /** Why removals are held back as a whole, or undefined. */
  brake(ref: Ref): string | undefined;
}

export async function removalPass(row: ResourceRow, deps: RemovalDeps, stop: AbortSignal): Promise<Verdict> {
  if (deps.isUnsettled()) return verdict('waiting', 'removals come last', RESYNC_MS); // the last first pass wakes it
  const fate = fateOf(row, deps);
  if (fate.type === 'orphan') return hold(row, fate.why, deps);
  const { kind } = deps.kindOf(row.kind)!;
  if (removalOf(kind) !== 'forget') handOver(row.ref, mayExist(row, kind), kind, deps);
  if (fate.type !== 'remove') return forget(row, fate, deps);
  const held = await heldBecause(row, fate, deps);
  if (held !== undefined) return hold(row, held, deps);
  const first = deps.removedBefore(row.ref);
  if (first.length > 0) {
    const goesOn = first.some((ref) => deps.rows.get(ref)?.held === null);
    return goesOn
      ? verdict('waiting', `removed after ${first.join(', ')}`, RESYNC_MS)
      : hold(row, afterHeld(first), deps);
  }
  deps.phase(row.ref, 'removing');
  return remove(row, fate.things, deps, stop);
}

/** `first`: what is to be removed before it, and is held. */
export const afterHeld = (first: readonly Ref[]): string => `it is removed after ${first.join(', ')}, and that is held`;

async function heldBecause(
  row: ResourceRow,
  { confirm, things }: Fate & { type: 'remove' },
  deps: RemovalDeps,
): Promise<string | undefined> {
  if (deps.health() === 'full')
    return 'the disk of the state folder is full, and nothing is removed until there is room';
  const brake = deps.brake(row.ref);
  if (brake !== undefined) return brake;
  if (confirm && !deps.isConfirmed(row.ref)) return `removing a ${row.kind} wants a yes: run \`realm apply\``;
  const wait = await deps.review({ ref: row.ref, action: 'remove', changes: changesOf(things) });
  return wait?.why ?? deps.brake(row.ref); // a review may take its time
}

function forget({ ref }: ResourceRow, fate: Fate & { type: 'drop' | 'forget' }, deps: RemovalDeps): Verdict {
  const kept = fate.type === 'forget' ? fate.kept : 'nothing was ever applied';
  deps.crash('forget:before');
  const wakes = letGo(
    ref,
    fate.type === 'drop' ? [] : [{ type: 'resource.forgotten', ref, actor: 'kernel', data: { ref, kept } }],
    deps,
  );
  deps.crash('forget:after');
  return { ...verdict('applied', kept, undefined), action: 'forget', wakes };
}

/** Declared again in the meantime: then the row stays, and remembers only that nothing is applied. */
function letGo(
  ref: Ref,
  facts: readonly Fact[],
  { rows, isDeclared, forgotten, closeApprovals }: RemovalDeps,
): readonly Ref[] {
  if (isDeclared(ref))
    rows.put(
      ref,
      { lastSpec: null, lastHash: null, lastAppliedAt: null, intent: null, held: null, attempts: 0 },
      facts,
    );
  else rows.delete(ref, facts);
  closeApprovals(ref);
  return forgotten(ref);
}

/** Stands on the row of something that should be gone: why it is not. */
function say(
  row: ResourceRow,
  reason: 'Held' | 'Failed',
  given: string,
  more: Partial<ResourceRow>,
  deps: RemovalDeps,
): void {
  const why = deps.rows.said(given);
  const before = row.conditions.find(({ type }) => type === 'Removal');
  if (before?.message === why && row.held === why && Object.keys(more).length === 0) return;
  const since = before?.reason === reason ? before.since : deps.clock.now();
  const removal = { type: 'Removal', status: 'False' as const, reason, message: why, since };
  const data = { ref: row.ref, type: 'Removal', from: before?.status ?? null, to: 'False', reason, message: why };
  const conditions = [...row.conditions.filter(({ type }) => type !== 'Removal'), removal];
  const news: Fact[] =
    before?.message === why ? [] : [{ type: 'condition.changed', ref: row.ref, actor: 'kernel', data }];
  deps.crash('hold:before');
  deps.rows.put(row.ref, { held: why, conditions, ...more }, news);
  deps.crash('hold:after');
}

function hold(row: ResourceRow, why: string, deps: RemovalDeps): Verdict {
  say(row, 'Held', why, {}, deps);
  return { ...verdict('held', why, RESYNC_MS), action: 'remove' };
}

function failed(row: ResourceRow, code: ErrorCode, why: string, deps: RemovalDeps): Verdict {
  const attempts = row.attempts + 1;
  say(row, 'Failed', why, { attempts }, deps);
  const data = { ref: row.ref, code, message: why };
  deps.rows.put(row.ref, {}, [{ type: 'resource.failed', ref: row.ref, actor: 'kernel', status: 'failed', data }]);
  return { ...verdict('failed', why, backoffMs(attempts, deps.random)), action: 'remove' };
}

async function remove(
  row: ResourceRow,
  things: readonly Thing[],
  deps: RemovalDeps,
  stop: AbortSignal,
): Promise<Verdict> {
  const { ref } = row;
  const { rows, clock, crash } = deps;
  const beganAt = clock.now();
  crash('intent:before');
  rows.put(ref, { intent: { ...row.intent, what: 'remove', at: beganAt } }, [], true);
  crash('intent:after');
  const outcome = await takeAll(ref, things, deps.kindOf(row.kind)!, deps, stop);
  if (outcome.type === 'again') return verdict('waiting', outcome.why, Math.max(10, outcome.afterMs || 0));
  if (outcome.type === 'blocked') return hold(row, outcome.why, deps);
  if (outcome.type === 'failed') return failed(row, outcome.code, outcome.why, deps);
  crash('remove:before');
  const durationMs = Math.max(0, clock.now() - beganAt);
  const wakes = letGo(ref, [{ type: 'resource.removed', ref, actor: 'kernel', durationMs, data: { ref } }], deps);
  crash('remove:after');
  await deps.settled({ ref, action: 'remove', changes: changesOf(things) });
  return { ...verdict('applied', 'removed', undefined), action: 'remove', wakes };
}

async function takeAll(
  ref: Ref,
  things: readonly Thing[],
  { plugin, kind }: { plugin: string; kind: Kind },
  deps: RemovalDeps,
  stop: AbortSignal,
): Promise<Acted> {
  for (const thing of things) {
    const outcome = await takeAway(ref, thing, { plugin, kind }, deps, stop);
    if (outcome.type !== 'done') return outcome;
  }
  return DONE;
}

const verdict = (end: Verdict['end'], why: string, nextInMs: number | undefined): Verdict => ({
  end,
  action: null,
  why,
  nextInMs,
  awaitedMoved: false,
  open: end === 'waiting',
});
