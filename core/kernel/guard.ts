// What the config itself guards: `protect: true`, and the paths under `realm.locked`. A guard taken away by an edit still guards it.
import { matchesGlob } from 'node:path';
import type { Step } from '../contract/hooks.ts';
import { formatPath } from '../model/path.ts';
import type { Ref } from '../model/ref.ts';
import { deepEqual, isMap, keysOf } from '../model/spec.ts';
import { type Applied, appliedOf } from '../reconcile/desired.ts';
import type { Scene } from './scene.ts';

export interface Difference {
  /** Inside the resource, dotted; empty for the resource itself. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Why this step needs a yes whatever plugins say, or undefined. */
export function guarded(step: Step, scene: Scene): string | undefined {
  if (step.ref === undefined || step.action === 'invoke') return undefined;
  const declared = scene.loaded.declaration.resources.get(step.ref);
  const last = lastOf(step.ref, scene);
  const isTaken =
    step.action === 'remove' ||
    step.changes.some(({ action, path }) => action === 'replace' || (action === 'remove' && path === ''));
  if (isTaken && (declared?.protect === true || last?.protect === true))
    return `${step.ref} is protected, and this takes something away`;
  return lockedBy(step.ref, last, scene);
}

/** How the config of this resource differs from the one that was last applied: empty while only the world moved. */
export function editOf(ref: Ref, scene: Scene): Difference[] {
  const last = lastOf(ref, scene);
  if (last === undefined) return [];
  return [...differences([], last.spec, scene.loaded.declaration.resources.get(ref)?.spec)];
}

function lockedBy(ref: Ref, last: Applied | undefined, scene: Scene): string | undefined {
  const globs = new Set([...scene.loaded.declaration.realm.locked, ...(last?.locked ?? [])]);
  if (globs.size === 0) return undefined;
  const section = scene.kindOf(ref.slice(0, ref.indexOf('/')))?.kind.section;
  if (section === undefined) return undefined;
  const name = ref.slice(ref.indexOf('/') + 1);
  for (const { path } of editOf(ref, scene)) {
    const whole = `${section}.${name}${path === '' ? '' : `.${path}`}`;
    for (const glob of globs)
      if (matchesGlob(whole.replaceAll('.', '/'), glob.replaceAll('.', '/')))
        return `${whole} is locked by realm.locked (${glob})`;
  }
  return undefined;
}

/** What was last applied of it; of a new name for a thing that had another: what was applied under that one. */
function lastOf(ref: Ref, scene: Scene): Applied | undefined {
  const wanted = scene.find(ref);
  const row = wanted?.row ?? scene.rows.get(ref);
  const own = row && appliedOf(row);
  if (own !== undefined || wanted === undefined) return own;
  for (const old of scene.undeclared()) {
    const applied = old.kind === wanted.declared.kind ? appliedOf(old) : undefined;
    if (applied !== undefined && scene.heirOf(wanted.kind, applied.spec, old.ref) === ref) return applied;
  }
  return undefined;
}

/** The path itself, and each path below it at which the values differ. */
function* differences(keys: readonly string[], from: unknown, to: unknown): Generator<Difference> {
  if (deepEqual(from ?? null, to ?? null)) return;
  yield { path: formatPath(keys), from, to };
  if (!isMap(from) && !isMap(to)) return;
  const [before, after] = [isMap(from) ? from : {}, isMap(to) ? to : {}];
  for (const key of new Set([...keysOf(before), ...keysOf(after)]))
    yield* differences([...keys, key], before[key], after[key]);
}
