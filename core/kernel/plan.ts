// Plan and drift: looks at everything, changes nothing, and says what apply would do and why it might not.
import { matchesGlob } from 'node:path';
import type { ChangeView, PlanQuery, PlanView, UnseenView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import type { Context } from '../contract/context.ts';
import type { Step } from '../contract/hooks.ts';
import type { Change } from '../contract/kind.ts';
import { RealmError } from '../errors.ts';
import { needsOf } from '../model/graph.ts';
import type { Ref } from '../model/ref.ts';
import { hashSpec } from '../model/spec.ts';
import type { Wanted } from '../reconcile/desired.ts';
import { look } from '../reconcile/look.ts';
import { actionOf } from '../reconcile/pass.ts';
import { changesOf, fateOf } from '../reconcile/remove.ts';
import { isApproved } from './approvals.ts';
import { brake } from './brake.ts';
import { guarded } from './guard.ts';
import { asWritten } from './as-written.ts';
import type { Scene } from './scene.ts';

const LOOKS_AT_ONCE = 64;

export interface Looker {
  readonly scene: Scene;
  context(plugin: string, ref: Ref, signal: AbortSignal): Context;
}

export async function makePlan(query: PlanQuery, { scene, context }: Looker): Promise<PlanView> {
  const { declaration } = scene.loaded;
  const { refs, closure } = chosen(query, scene);
  const changes: ChangeView[] = [];
  const unseen: UnseenView[] = [];
  const observed: Record<Ref, string> = {};
  const found = await eachLimited(refs, LOOKS_AT_ONCE, async (ref) => {
    const wanted = scene.find(ref)!;
    if (!wanted.declared.enabled) return undefined;
    return { wanted, seen: await look(wanted, (signal) => context(wanted.plugin, ref, signal), scene.world.clock) };
  });
  for (const one of found) {
    if (one === undefined || one.seen.is === 'data') continue;
    const { wanted, seen } = one;
    const { ref } = wanted.want;
    if (seen.is === 'elsewhere') unseen.push({ ref, why: `lives on ${seen.host}`, elsewhere: true });
    else if (seen.is !== 'seen') unseen.push({ ref, why: seen.why, elsewhere: false });
    else if (seen.changes.length > 0) {
      const bound = boundTo(seen.state);
      if (bound === undefined) {
        unseen.push({ ref, why: `plugin ${wanted.plugin}: what it saw is not plain data`, elsewhere: false });
        continue;
      }
      changes.push(changeView(wanted, seen.changes, scene));
      observed[ref] = bound;
    }
  }
  changes.push(...removals(query, scene));
  return {
    version: 1,
    changes,
    unseen,
    closure,
    looked: refs.length,
    bound: {
      madeAt: isoTime(scene.world.clock.now()),
      config: declaration.hash,
      observed,
      target: query.target ?? [],
      exclude: query.exclude ?? [],
    },
  };
}

function boundTo(state: unknown): string | undefined {
  try {
    return hashSpec(state ?? null);
  } catch {
    return undefined; // a defect of the plugin, which is told as something that was not seen
  }
}

/** Only what moved although the config did not: stale evidence included, removals not. */
export function onlyDrift(plan: PlanView): PlanView {
  return {
    ...plan,
    changes: plan.changes.filter(
      ({ reason, action }) => reason !== 'config' && action !== 'remove' && action !== 'forget',
    ),
  };
}

/** Refs chosen by the globs, in the order of the config, with what they need; all without globs. */
export function chosen(
  { target = [], exclude = [] }: PlanQuery,
  { loaded: { declaration }, gone }: Scene,
): { refs: Ref[]; closure: Ref[] } {
  const all = [...declaration.resources.keys()];
  for (const glob of [...target, ...exclude]) {
    if (![...all, ...gone.refs].some((ref) => matches(ref, glob)))
      throw new RealmError('REF_UNKNOWN', `no declared or remembered resource matches ${glob}`, {
        hint: '`realm status` lists them',
      });
  }
  const named = new Set(
    all.filter(
      (ref) =>
        (target.length === 0 || target.some((glob) => matches(ref, glob))) &&
        !exclude.some((glob) => matches(ref, glob)),
    ),
  );
  if (target.length === 0) return { refs: [...named], closure: [] };
  const needed = new Set(needsOf(named, (ref) => declaration.resources.get(ref)?.after ?? []));
  const closure = all.filter(
    (ref) => needed.has(ref) && !named.has(ref) && !exclude.some((glob) => matches(ref, glob)),
  );
  const pulledIn = new Set(closure);
  return { refs: all.filter((ref) => named.has(ref) || pulledIn.has(ref)), closure };
}

export const matches = (ref: Ref, glob: string): boolean => ref === glob || matchesGlob(ref, glob);

function changeView(wanted: Wanted, changes: readonly Change[], scene: Scene): ChangeView {
  const { ref } = wanted.want;
  const reasons = new Set(changes.map(({ reason }) => reason));
  const because = changes.find((change) => change.because !== undefined)?.because;
  const { heldBy } = wanted;
  const held =
    heldBy === undefined
      ? heldUntilApproved({ ref, action: 'apply', changes }, scene)
      : `${heldBy.effect} by ${heldBy.actor}: ${heldBy.why}`;
  return {
    ref,
    action: actionOf(changes),
    fields: fieldsOf(wanted, changes).map(asWritten(wanted.kind, scene.loaded.root)),
    reason: reasons.size === 1 ? [...reasons][0]! : 'both',
    ...(because === undefined ? {} : { because }),
    ...(held === undefined ? {} : { held }),
  };
}

const heldUntilApproved = (step: Step, scene: Scene): string | undefined => {
  const guard = guarded(step, scene);
  return guard === undefined || isApproved(step, scene) ? undefined : guard;
};

/** Of something that is not there, every declared field is shown. */
function fieldsOf({ want }: Wanted, changes: readonly Change[]): ChangeView['fields'] {
  const whole = changes.find(({ action, path }) => action === 'create' && path === '');
  if (whole !== undefined)
    return Object.entries(want.spec as object).map(([path, to]) => ({ path, from: null, to: to ?? null }));
  return changes.map(({ path, from, to }) => ({ path, from: from ?? null, to: to ?? null }));
}

function removals({ target = [], exclude = [] }: PlanQuery, scene: Scene): ChangeView[] {
  const fates = scene.undeclared().map((row) => ({ row, fate: fateOf(row, scene) }));
  const braked = brake(scene, false);
  return fates
    .filter(
      ({ row: { ref } }) =>
        (target.length === 0 || target.some((glob) => matches(ref, glob))) &&
        !exclude.some((glob) => matches(ref, glob)),
    )
    .flatMap(({ row, fate }): ChangeView[] => {
      const base = { ref: row.ref, fields: [], reason: 'config' as const };
      if (fate.type === 'drop') return [];
      if (fate.type === 'forget') return [{ ...base, action: 'forget', keeps: fate.kept }];
      if (fate.type === 'orphan') return [{ ...base, action: 'remove', held: fate.why }];
      const held =
        braked ??
        (fate.confirm
          ? 'wants a yes at `realm apply`'
          : heldUntilApproved({ ref: row.ref, action: 'remove', changes: changesOf(fate.things) }, scene));
      return [{ ...base, action: 'remove', ...(held === undefined ? {} : { held }) }];
    });
}

/** As Promise.all over a map, with at most `limit` going on at once. */
async function eachLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = Array.from<R>({ length: items.length });
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
