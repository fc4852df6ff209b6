// Compares a spec with the state of the world, field by field, for kinds that bring no comparison of their own.
import type { FieldView, PlannedAction } from '../api/door.ts';
import type { Change } from '../contract/kind.ts';
import { type SchemaOf, Secret } from '../schema/schema.ts';
import { formatPath, parsePath, valueAt } from './path.ts';
import { isRange, itemShapes, keyShapes, type Shapes, shapesOf } from './schema-keys.ts';
import { deepEqual, holdsSecret, isMap, keysOf } from './spec.ts';

type Reason = NonNullable<Change['reason']>;

/** The part of a kind that a comparison needs. */
interface Compared {
  readonly spec: SchemaOf<unknown>;
  readonly state?: SchemaOf<unknown>;
  readonly identity?: readonly string[];
}

/** Spec, state and last applied values at one place. There may be several lasts: items of a list have no names. */
interface Place {
  readonly path: readonly string[];
  readonly spec: unknown;
  readonly state: unknown;
  readonly lasts: readonly unknown[];
  readonly specShapes: Shapes;
  readonly stateShapes: Shapes;
}

/**
 * Every key that both schemas name, deep, blind to the order of keys, true to the order of lists (a list differs as a
 * whole). A key missing in the state differs. A key the spec leaves out differs only if `last` had it and the state still
 * has it: a change to nothing with action `remove`. No state: one `create`. An identity key unlike the last applied one: `replace`.
 *
 * For the look after an apply give the spec itself as `last`: what was taken back may legitimately stand at its default, and
 * a replacement is done.
 */
export function defaultDiff(kind: Compared, spec: unknown, state: unknown, last?: unknown): Change[] {
  const replaced = identityChanges(kind.identity ?? [], spec, last);
  if (state === null || state === undefined) {
    return replaced.length > 0 ? replaced : [{ action: 'create', path: '', to: spec }];
  }
  if (kind.state === undefined) return replaced;
  const changes = [
    ...keysIn({
      path: [],
      spec,
      state,
      lasts: last === undefined ? [] : [last],
      specShapes: shapesOf(kind.spec.json),
      stateShapes: shapesOf(kind.state.json),
    }),
  ];
  const isReplaced = ({ path }: Change): boolean => replaced.some((change) => change.path === path);
  return [...replaced, ...changes.filter((change) => !isReplaced(change))];
}

function identityChanges(identity: readonly string[], spec: unknown, last: unknown): Change[] {
  if (!isMap(spec) || !isMap(last)) return [];
  return identity
    .filter((key) => !deepEqual(spec[key], last[key]))
    .map((key) => ({ action: 'replace', path: formatPath([key]), from: last[key], to: spec[key] }));
}

/** Changes of the keys of two maps; none when one of them is no map. */
function* keysIn(place: Place): Generator<Change> {
  const { spec, state } = place;
  if (!isMap(spec) || !isMap(state)) return;
  const named = keysOf(spec);
  for (const key of named) {
    if (spec[key] === state[key]) continue; // whatever the schemas say of it; most looks end here
    const inner = innerPlace(place, key);
    if (inner !== undefined) yield* changesAt(inner);
  }
  if (place.lasts.every((last) => last === spec)) return;
  const had = new Set(place.lasts.flatMap((last) => (isMap(last) ? keysOf(last) : [])));
  for (const key of named) had.delete(key);
  for (const key of had) {
    const inner = innerPlace(place, key);
    if (inner === undefined || inner.state === undefined) continue;
    yield { action: 'remove', path: formatPath(inner.path), from: shown(inner), to: undefined };
  }
}

/** The place one key further in, or undefined when only one of the schemas names it. */
function innerPlace({ path, spec, state, lasts, specShapes, stateShapes }: Place, key: string): Place | undefined {
  const inner = { specShapes: keyShapes(specShapes, key), stateShapes: keyShapes(stateShapes, key) };
  if (inner.specShapes.length === 0 || inner.stateShapes.length === 0) return undefined;
  const values = { spec: valueAt(spec, [key]), state: valueAt(state, [key]) };
  const had = lasts.filter((last) => isMap(last) && Object.hasOwn(last, key)).map((last) => valueAt(last, [key]));
  return { path: [...path, key], ...values, lasts: had, ...inner };
}

function* changesAt(place: Place): Generator<Change> {
  const { spec, state, specShapes } = place;
  if (isMap(spec) && isMap(state) && !isRange(spec, specShapes)) yield* keysIn(place);
  else if (!agrees(place)) {
    yield { action: 'update', path: formatPath(place.path), from: shown(place), to: spec };
  }
}

function agrees(place: Place): boolean {
  const { spec, state, lasts } = place;
  if (spec instanceof Secret && state !== undefined && !(state instanceof Secret)) {
    // Its text is not known here. It is believed to be in place as long as the spec names the secret that was applied.
    return lasts.some((last) => deepEqual(last, spec));
  }
  if (!Array.isArray(spec) || !Array.isArray(state)) return deepEqual(spec, state);
  if (spec.length !== state.length) return false;
  // Items have no names. Of a list as long as this one the item at the same place is meant, else any of them.
  const lastsAt = (index: number): readonly unknown[] =>
    lasts.flatMap((last): unknown[] =>
      !Array.isArray(last) ? [] : last.length === spec.length ? [last[index]] : last,
    );
  const items = {
    specShapes: itemShapes(place.specShapes),
    stateShapes: itemShapes(place.stateShapes),
  };
  return spec.every((item, index) => {
    const inner: Place = { path: [], spec: item, state: state[index], lasts: lastsAt(index), ...items };
    return changesAt(inner).next().done === true;
  });
}

/** What a change shows as its old value: never the text behind a secret. */
function shown({ spec, state, lasts }: Place): unknown {
  if (state === undefined || ![spec, ...lasts].some(holdsSecret)) return state;
  return lasts.find(holdsSecret);
}

/** Why a change is wanted: the config moved, the world moved, or both. Without a last applied spec it is the config. */
export function reasonOf(change: Change, spec: unknown, state: unknown, last: unknown): Reason {
  if (change.reason !== undefined) return change.reason;
  if (last === undefined || change.action === 'replace') return 'config';
  const keys = parsePath(change.path) ?? [change.path];
  const [now, before, there] = [valueAt(spec, keys), valueAt(last, keys), valueAt(state, keys)];
  if (deepEqual(now, before)) return 'drift';
  return before !== undefined && contradicts(before, there) ? 'both' : 'config';
}

/** Whether the world cannot be as it was applied; a key that the state does not speak of contradicts nothing. */
function contradicts(applied: unknown, state: unknown): boolean {
  if (applied instanceof Secret && typeof state === 'string') return false;
  if (isMap(applied) && isMap(state)) {
    return keysOf(applied).some((key) => state[key] !== undefined && contradicts(applied[key], state[key]));
  }
  if (Array.isArray(applied) && Array.isArray(state)) {
    return applied.length !== state.length || applied.some((item, index) => contradicts(item, state[index]));
  }
  return !deepEqual(applied, state);
}

/** The changes as fields for people and JSON: a whole resource by its top-level keys, nothing as null. */
export function fieldsOf(changes: readonly Change[]): FieldView[] {
  return changes.flatMap(({ path, from, to }) => {
    if (path !== '' || !(isMap(from) || isMap(to))) return [{ path, from: from ?? null, to: to ?? null }];
    const keys = new Set([from, to].flatMap((whole) => (isMap(whole) ? keysOf(whole) : [])));
    return [...keys].map((key) => ({
      path: formatPath([key]),
      from: valueAt(from, [key]) ?? null,
      to: valueAt(to, [key]) ?? null,
    }));
  });
}

/** What the changes of one resource amount to. */
export function actionOf(changes: readonly Change[]): PlannedAction {
  if (changes.some(({ action }) => action === 'replace')) return 'replace';
  if (changes.some(({ action, path }) => action === 'create' && path === '')) return 'create';
  if (changes.every(({ action, path }) => action === 'remove' && path === '') && changes.length > 0) return 'remove';
  return 'update';
}
