// Plan and drift: looks at everything, changes nothing, and says what apply would do and why it might not.
import { matchesGlob } from 'node:path';
import type { ChangeView, PlanQuery, PlanView, UnseenView } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import type { Context } from '../contract/context.ts';
import type { Change } from '../contract/kind.ts';
import { RealmError } from '../errors.ts';
import type { Mask } from '../mask.ts';
import { actionOf } from '../model/diff.ts';
import { needsOf } from '../model/graph.ts';
import type { Ref } from '../model/ref.ts';
import { hashSpec } from '../model/spec.ts';
import { removalOf, type Wanted } from '../reconcile/desired.ts';
import { changesOf, fateOf, leftHere, replacedBy } from '../reconcile/fate.ts';
import { type Look, look } from '../reconcile/look.ts';
import { afterHeld } from '../reconcile/remove.ts';
import { brake } from './brake.ts';
import { KernelContext, type Lender } from './context.ts';
import { type Foresight, foresightOf } from './foresight.ts';
import type { ResourceRow } from '../store/resources.ts';
import { asWritten, defaultsOf } from './as-written.ts';
import type { Scene } from './scene.ts';
import { withSecrets } from './secret-changes.ts';

const LOOKS_AT_ONCE = 128;

export interface Looker {
  readonly scene: Scene;
  /** One that only looks. */
  readonly lender: Lender;
}

export async function makePlan(query: PlanQuery, { scene, lender }: Looker): Promise<PlanView> {
  const { declaration, secrets } = scene.loaded;
  const { mask } = secrets;
  const { refs, closure } = chosen(query, scene);
  const changes: ChangeView[] = [];
  const unseen: UnseenView[] = [];
  const observed: Record<Ref, string> = {};
  const foresee = await foresightOf(scene, lender);
  const find = scene.finder();
  const found = await eachLimited(refs, LOOKS_AT_ONCE, async (ref) => {
    const wanted = withSecrets(find(ref)!, 'look', scene);
    if (!wanted.declared.enabled) return undefined;
    const context = (signal: AbortSignal): Context => new KernelContext(wanted.plugin, ref, signal, lender);
    const seen = await look(wanted, context, scene.world.clock);
    return { wanted, seen, held: await heldNow(wanted, seen, foresee) };
  });
  for (const one of found) {
    if (one === undefined || one.seen.is === 'data') continue;
    const { wanted, seen, held } = one;
    const { ref } = wanted.want;
    if (seen.is === 'elsewhere') {
      unseen.push({ ref, why: `lives on ${seen.host}`, elsewhere: true });
      changes.push(...(await movedView(wanted, scene, foresee)));
    } else if (seen.is !== 'seen') unseen.push({ ref, why: seen.why, elsewhere: false });
    else if (seen.changes.length === 0) {
      if (replacedBy(wanted, scene.heirOf).length > 0) changes.push(await replacedView(wanted, foresee));
    } else {
      const bound = boundTo(seen.state, mask);
      if (bound === undefined) {
        unseen.push({ ref, why: `plugin ${wanted.plugin}: what it saw is not plain data`, elsewhere: false });
        continue;
      }
      changes.push(changeView(wanted, seen.changes, held, scene));
      observed[ref] = bound;
    }
  }
  changes.push(...(await removals(query, scene, foresee)));
  return {
    version: 1,
    changes: changes.map(({ ref, action, reason, ...said }) => ({ ref, action, reason, ...mask.value(said) })),
    unseen: unseen.map((one) => ({ ...one, why: mask.text(one.why) })),
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

function boundTo(state: unknown, mask: Mask): string | undefined {
  try {
    return hashSpec(state ?? null, mask.text);
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
  const needed = new Set(
    needsOf(named, (ref) => (declaration.resources.get(ref)?.after ?? []).map((edge) => edge.ref)),
  );
  const closure = all.filter(
    (ref) => needed.has(ref) && !named.has(ref) && !exclude.some((glob) => matches(ref, glob)),
  );
  const pulledIn = new Set(closure);
  return { refs: all.filter((ref) => named.has(ref) || pulledIn.has(ref)), closure };
}

export const matches = (ref: Ref, glob: string): boolean => ref === glob || matchesGlob(ref, glob);

/** The operator's word first, as in a pass. */
async function heldNow({ want, heldBy }: Wanted, seen: Look, foresee: Foresight): Promise<string | undefined> {
  if (seen.is !== 'seen' || seen.changes.length === 0) return undefined;
  if (heldBy !== undefined) return `${heldBy.effect} by ${heldBy.actor}: ${heldBy.why}`;
  return foresee({ ref: want.ref, action: 'apply', changes: seen.changes });
}

function changeView(wanted: Wanted, changes: readonly Change[], held: string | undefined, scene: Scene): ChangeView {
  const { ref } = wanted.want;
  const reasons = new Set(changes.map(({ reason }) => reason));
  const because = changes.find((change) => change.because !== undefined)?.because;
  return {
    ref,
    action: actionOf(changes),
    fields: fieldsOf(wanted, changes, scene.loaded.root).map(asWritten(wanted.kind, scene.loaded.root)),
    reason: reasons.size === 1 ? [...reasons][0]! : 'both',
    ...(because === undefined ? {} : { because }),
    ...(held === undefined ? {} : { held }),
  };
}

/** Of something that is not there, every declared field. */
function fieldsOf({ want, kind }: Wanted, changes: readonly Change[], root: string): ChangeView['fields'] {
  const whole = changes.find(({ action, path }) => action === 'create' && path === '');
  if (whole !== undefined) {
    const isDefault = defaultsOf(kind, root);
    return Object.entries(want.spec as object).map(([path, to]) => ({
      path,
      from: null,
      to: to ?? null,
      ...(isDefault(path, to) ? { isDefault: true as const } : {}),
    }));
  }
  return changes.map(({ path, from, to, says }) => ({
    path,
    from: from ?? null,
    to: to ?? null,
    ...(says === undefined ? {} : { says }),
  }));
}

/** What stays behind here of something that an edit moved to another host. */
async function movedView(wanted: Wanted, scene: Scene, foresee: Foresight): Promise<ChangeView[]> {
  const things = leftHere(wanted, scene.heirOf);
  if (things.length === 0) return [];
  const { ref } = wanted.want;
  const unconfirmed = removalOf(wanted.kind) === 'confirm' ? 'wants a yes at `realm apply`' : undefined;
  const held = unconfirmed ?? (await foresee({ ref, action: 'remove', changes: changesOf(things) }));
  const base = { ref, action: 'remove', fields: [], reason: 'config', because: 'Moved' } as const;
  return [{ ...base, ...(held === undefined ? {} : { held }) }];
}

/** What an earlier edit replaced and nobody has taken away yet, although nothing of the wanted one is to be changed. */
async function replacedView({ heldBy, kind, want }: Wanted, foresee: Foresight): Promise<ChangeView> {
  const word = heldBy && `${heldBy.effect} by ${heldBy.actor}: ${heldBy.why}`;
  const unconfirmed = removalOf(kind) === 'confirm' ? 'wants a yes at `realm apply`' : undefined;
  const held = word ?? unconfirmed ?? (await foresee({ ref: want.ref, action: 'apply', changes: [] }));
  const fields = [{ path: '', from: null, to: null, says: 'what it took the place of is taken away; it stays' }];
  const base = { ref: want.ref, action: 'remove', fields, reason: 'config', because: 'Replaced' } as const;
  return { ...base, ...(held === undefined ? {} : { held }) };
}

async function removals(
  { target = [], exclude = [] }: PlanQuery,
  scene: Scene,
  foresee: Foresight,
): Promise<ChangeView[]> {
  const braked = brake(scene, false);
  const rows = scene
    .undeclared()
    .filter(
      ({ ref }) =>
        (target.length === 0 || target.some((glob) => matches(ref, glob))) &&
        !exclude.some((glob) => matches(ref, glob)),
    );
  const views = await eachLimited(rows, LOOKS_AT_ONCE, (row) => removalView(row, braked, scene, foresee));
  return inTurn(
    views.filter((view) => view !== undefined),
    scene,
  );
}

/** What is held holds up whatever is removed after it. */
function inTurn(views: readonly ChangeView[], { gone }: Scene): ChangeView[] {
  const held = new Map(views.flatMap(({ ref, held: why }) => (why === undefined ? [] : [[ref, why] as const])));
  const waits = new Set(views.flatMap(({ ref, action }) => (action === 'remove' && !held.has(ref) ? [ref] : [])));
  for (const [ref] of held) {
    for (const next of gone.after(ref)) if (waits.delete(next)) held.set(next, afterHeld([ref])); // met in its turn by this very loop
  }
  return views.map((view) => (held.has(view.ref) ? { ...view, held: held.get(view.ref)! } : view));
}

async function removalView(
  row: ResourceRow,
  braked: string | undefined,
  scene: Scene,
  foresee: Foresight,
): Promise<ChangeView | undefined> {
  const { ref } = row;
  const fate = fateOf(row, scene);
  const base = { ref, fields: [], reason: 'config' as const };
  if (fate.type === 'drop') return undefined;
  if (fate.type === 'forget') return { ...base, action: 'forget', keeps: fate.kept };
  if (fate.type === 'orphan') return { ...base, action: 'remove', held: fate.why };
  const unconfirmed = fate.confirm ? 'wants a yes at `realm apply`' : undefined;
  const held = braked ?? unconfirmed ?? (await foresee({ ref, action: 'remove', changes: changesOf(fate.things) }));
  return { ...base, action: 'remove', ...(held === undefined ? {} : { held }) };
}

/**
 * As Promise.all over a map, with at most `limit` going on at once. New ones begin in bursts, when half have ended: waking a
 * sleeping thread of the pool for each file costs more than reading it.
 */
function eachLimited<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = Array.from<R>({ length: items.length });
  const { promise, resolve, reject } = Promise.withResolvers<R[]>();
  let [next, going] = [0, 0];
  const one = async (index: number): Promise<void> => {
    results[index] = await work(items[index]!);
    going -= 1;
    if (going <= limit / 2) refill();
  };
  const refill = (): void => {
    if (next === items.length && going === 0) resolve(results);
    for (; next < items.length && going < limit; going++) one(next++).catch(reject);
  };
  refill();
  return promise;
}
