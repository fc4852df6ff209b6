// What an edit of the config touches: the plugin set, or resources that the store would not notice.
import { RealmError } from '../errors.ts';
import { deepEqual } from '../model/spec.ts';
import { awaitedBy, dependentsOf } from '../model/edge.ts';
import type { Ref } from '../model/ref.ts';
import { appliedOf, mayExist } from '../reconcile/desired.ts';
import type { Loaded } from './load.ts';
import type { Scene } from './scene.ts';

/**
 * Refs that want a look although their spec is the same: new names, other common keys, other locks, another plugin set,
 * conditions that others newly wait for.
 */
export function touchedBy(before: Loaded, now: Loaded): Ref[] {
  const isAll =
    before.registry !== now.registry || !deepEqual(before.declaration.realm.locked, now.declaration.realm.locked);
  const [awaitedBefore, awaitedNow] = [before, now].map(({ declaration }) =>
    dependentsOf(declaration.resources.values()),
  );
  return [...now.declaration.resources].flatMap(([ref, declared]) => {
    const was = before.declaration.resources.get(ref);
    const isAwaitedElse = !deepEqual(awaitedBy(awaitedBefore!.get(ref)), awaitedBy(awaitedNow!.get(ref)));
    return isAll || was === undefined || isAwaitedElse || !sameCommonKeys(was, declared) ? ref : [];
  });
}

/** Refs that go on under another name. */
export function renamedBy(before: Loaded, now: Loaded): Ref[] {
  return [...now.declaration.resources.values()].flatMap(({ kind, was }) => {
    const old: Ref = `${kind}/${was}`;
    const isRenamed = was !== undefined && before.declaration.resources.has(old) && !now.declaration.resources.has(old);
    return isRenamed ? old : [];
  });
}

/** Something of this ref, which may be about to be taken away, is declared under another one from now on. */
export function isClaimed(ref: Ref, before: Scene, now: Scene): boolean {
  const row = before.rows.get(ref);
  const kind = row && before.kindOf(row.kind)?.kind;
  if (row === undefined || kind === undefined) return false;
  return mayExist(row, kind).some((thing) => {
    const { spec } = appliedOf({ lastSpec: thing.spec })!;
    return now.heirOf(kind, spec, ref) !== undefined && before.heirOf(kind, spec, ref) === undefined;
  });
}

/** The same plugins from the same modules with the same settings: nothing needs to be set up again. */
export function isSameSet(a: Loaded, b: Loaded): boolean {
  const ours = a.registry.plugins;
  const theirs = b.registry.plugins;
  return (
    ours.length === theirs.length &&
    ours.every(({ plugin }, index) => plugin === theirs[index]!.plugin) &&
    deepEqual(Object.fromEntries(a.declaration.settings), Object.fromEntries(b.declaration.settings))
  );
}

/** Nothing is begun by a realm that is being stopped; the next start reads the config anyway. */
export const tooLate = (): RealmError =>
  new RealmError('DAEMON_ABSENT', 'Realm is stopping; the edit counts from its next start', { hint: 'realm up' });

type Common = {
  readonly after: unknown;
  readonly host: unknown;
  readonly enabled: unknown;
  readonly labels: unknown;
  readonly protect: unknown;
};
const sameCommonKeys = (a: Common, b: Common): boolean =>
  deepEqual(
    [a.after, a.host ?? null, a.enabled, a.labels, a.protect],
    [b.after, b.host ?? null, b.enabled, b.labels, b.protect],
  );
