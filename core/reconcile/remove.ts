// One trip of a ref that is no longer declared: let go of it, take it away, or say what it waits for.
import type { Kind } from '../contract/kind.ts';
import type { ResourceRow } from '../store/resources.ts';
import { backoffMs } from './backoff.ts';
import { type Applied, appliedOf, type KindOf, resourceOfApplied, sameThing } from './desired.ts';
import { look } from './look.ts';
import { type PassDeps, tried } from './pass.ts';
import type { Verdict } from './settle.ts';

const LATER_MS = 200; // waiting for other passes, which wake nobody when they end
const HELD_MS = 60_000;

export interface RemovalDeps extends PassDeps {
  readonly kindOf: KindOf;
  /** Rows that are no longer declared. */
  undeclared(): readonly ResourceRow[];
  /** Some declared ref has not had its first pass since the declaration changed: removals come last of all. */
  unsettled(): boolean;
  /** Why the whole list of removals is held back, or undefined. */
  brake(): string | undefined;
  /** A person said yes to removals that kinds want confirmed. */
  confirmed(): boolean;
}

/** What happens to a thing that is no longer declared; the plan shows it, and the removal does it. */
export type Fate =
  | { readonly type: 'drop' }
  | { readonly type: 'forget'; readonly kept: string }
  | { readonly type: 'remove'; readonly confirm: boolean }
  | { readonly type: 'orphan'; readonly why: string };

export function fateOf(row: ResourceRow, deps: Pick<RemovalDeps, 'kindOf' | 'declaration'>): Fate {
  const found = deps.kindOf(row.kind);
  if (found === undefined)
    return { type: 'orphan', why: `no plugin in use knows the kind ${row.kind}; add the plugin to remove it` };
  const applied = lastKnown(row);
  if (applied === undefined || found.kind.observe === undefined) return { type: 'drop' };
  const { kind } = found;
  const heir = sameThing(deps.declaration(), kind, applied.spec, row.ref);
  if (heir !== undefined) return { type: 'forget', kept: `it is ${heir} now` };
  const removal = kind.removal ?? (kind.remove === undefined ? 'forget' : 'delete');
  if (removal === 'forget' || kind.remove === undefined)
    return { type: 'forget', kept: kind.keeps?.(applied.spec as never) ?? 'it stays as it is' };
  return { type: 'remove', confirm: removal === 'confirm' };
}

/** An apply that was cut off may have made something: then its intent says what. */
const lastKnown = (row: ResourceRow): Applied | undefined =>
  appliedOf(row) ?? (row.intent?.spec === undefined ? undefined : appliedOf({ ...row, lastSpec: row.intent.spec }));

export async function removalPass(row: ResourceRow, deps: RemovalDeps, stop: AbortSignal): Promise<Verdict> {
  if (deps.unsettled()) return verdict('waiting', 'removals come last', LATER_MS);
  const fate = fateOf(row, deps);
  if (fate.type === 'orphan') return hold(row, fate.why, deps);
  if (fate.type === 'drop' || fate.type === 'forget') return forget(row, fate, deps);
  const why = await heldBecause(row, fate.confirm, deps);
  if (why !== undefined) return hold(row, why, deps);
  const dependents = deps
    .undeclared()
    .filter(({ ref, ...other }) => ref !== row.ref && (appliedOf({ ref, ...other })?.after ?? []).includes(row.ref));
  if (dependents.length > 0)
    return verdict('waiting', `after ${dependents.map(({ ref }) => ref).join(', ')}`, LATER_MS);
  return takeAway(row, lastKnown(row)!, deps.kindOf(row.kind)!, deps, stop);
}

async function heldBecause(row: ResourceRow, confirm: boolean, deps: RemovalDeps): Promise<string | undefined> {
  const brake = deps.brake();
  if (brake !== undefined) return brake;
  if (confirm && !deps.confirmed()) return `removing a ${row.kind} wants a yes: run \`realm apply\``;
  const wait = await deps.review({
    ref: row.ref,
    action: 'remove',
    changes: [{ action: 'remove', path: '', from: lastKnown(row)?.spec }],
  });
  return wait?.why;
}

function forget(row: ResourceRow, fate: Fate & { type: 'drop' | 'forget' }, { store, crash }: RemovalDeps): Verdict {
  crash('forget:before');
  store.transaction(() => {
    store.resources.delete(row.ref);
    if (fate.type === 'forget')
      store.journal.append({
        type: 'resource.forgotten',
        ref: row.ref,
        actor: 'kernel',
        data: { ref: row.ref, kept: fate.kept },
      });
  });
  crash('forget:after');
  return {
    ...verdict('applied', fate.type === 'forget' ? fate.kept : 'nothing was ever applied', undefined),
    action: 'forget',
  };
}

function hold(row: ResourceRow, why: string, { store, clock, crash }: RemovalDeps): Verdict {
  const now = clock.now();
  const before = row.conditions.find(({ type }) => type === 'Removal');
  crash('hold:before');
  store.transaction(() => {
    const since = before?.reason === 'Held' ? before.since : now;
    const held = { type: 'Removal', status: 'False' as const, reason: 'Held', message: why, since };
    store.resources.put(row.ref, {
      held: why,
      conditions: [...row.conditions.filter(({ type }) => type !== 'Removal'), held],
    });
    if (before?.message !== why) {
      const data = {
        ref: row.ref,
        type: 'Removal',
        from: before?.status ?? null,
        to: 'False',
        reason: 'Held',
        message: why,
      };
      store.journal.append({ type: 'condition.changed', ref: row.ref, actor: 'kernel', data });
    }
  });
  crash('hold:after');
  return { ...verdict('held', why, HELD_MS), action: 'remove' };
}

async function takeAway(
  row: ResourceRow,
  applied: Applied,
  { plugin, kind }: { plugin: string; kind: Kind },
  deps: RemovalDeps,
  stop: AbortSignal,
): Promise<Verdict> {
  const { store, clock, crash } = deps;
  const last = resourceOfApplied(row.ref, applied, row.generation);
  crash('intent:before');
  store.transaction(
    () => store.resources.put(row.ref, { intent: { ...row.intent, what: 'remove', at: clock.now() } }),
    { durable: true },
  );
  crash('intent:after');
  const outcome = await tried(
    plugin,
    'removing',
    (signal) => kind.remove!(last, deps.context(plugin, row.ref, signal)),
    deps,
    stop,
  );
  if (outcome.type === 'again') return verdict('waiting', outcome.why, outcome.afterMs);
  if (outcome.type === 'blocked') return hold(row, outcome.why, deps);
  if (outcome.type === 'failed') return failed(row, outcome.code, outcome.why, deps);
  const after = await look(
    { want: last, kind, plugin, last: applied.spec },
    (signal) => deps.context(plugin, row.ref, signal),
    clock,
    stop,
  );
  if (after.is !== 'seen')
    return failed(row, 'REMOVE_FAILED', `plugin ${plugin}: removed, but looking again failed`, deps);
  if (after.state !== null)
    return failed(row, 'REMOVE_FAILED', `plugin ${plugin} said removed, but ${row.ref} is still there`, deps);
  crash('remove:before');
  store.transaction(() => {
    store.resources.delete(row.ref);
    store.journal.append({ type: 'resource.removed', ref: row.ref, actor: 'kernel', data: { ref: row.ref } });
  });
  crash('remove:after');
  await deps.settled({ ref: row.ref, action: 'remove', changes: [{ action: 'remove', path: '', from: applied.spec }] });
  return { ...verdict('applied', 'removed', undefined), action: 'remove' };
}

function failed(
  row: ResourceRow,
  code: 'REMOVE_FAILED' | string,
  why: string,
  { store, random }: RemovalDeps,
): Verdict {
  const attempts = row.attempts + 1;
  store.transaction(() => {
    store.resources.put(row.ref, { attempts, held: why });
    store.journal.append({
      type: 'resource.failed',
      ref: row.ref,
      actor: 'kernel',
      status: 'failed',
      data: { ref: row.ref, code, message: why },
    });
  });
  return { ...verdict('failed', why, backoffMs(attempts, random)), action: 'remove' };
}

const verdict = (end: Verdict['end'], why: string, nextInMs: number | undefined): Verdict => ({
  end,
  action: null,
  why,
  nextInMs,
  readyMoved: false,
  open: end === 'waiting',
});

/** Removals at once that need `--allow-deletions` (design §3). */
export function brakeOf(removals: number, declared: number, remembered: number): string | undefined {
  if (removals === 0) return undefined;
  if (declared === 0)
    return `the config declares nothing any more; ${removals} removals need \`realm apply --allow-deletions\``;
  if (removals > 2 && removals > 0.3 * remembered)
    return `${removals} of ${remembered} resources would be removed; that needs \`realm apply --allow-deletions\``;
  return undefined;
}
