// What a restore would do, worked out without touching anything.
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, fromText, shown } from '../byte-text.ts';
import type { Engine } from '../engine.ts';
import type { Entry } from '../entry.ts';
import type { Root } from '../policy.ts';
import { choose, type Choice, type LayerWish } from './choose.ts';
import { type CompareWith, Comparison, type Does, type Line } from './compare.ts';
import { checked, merged, type Wanted } from './merged.ts';
import { placesOf } from './declared.ts';
import { ListDamaged, listOf } from './list-damaged.ts';
import { type Destination, isAtOrBelow, isOutside, quoted, startsOf, typedPath } from './place.ts';
import { anyOf, both, everything, scopeOf } from './scope.ts';
import type { SameBy } from './same.ts';
import { groundsOf, type Unit } from './units.ts';

export interface RestoreWish {
  /** Base first: a later one lies over those before it. Picked ones (without `id`) are put in the order of their age. */
  readonly layers: readonly LayerWish[];
  /** Files and folders as a person names them; undefined: everything. */
  readonly paths?: readonly string[] | undefined;
  /** Undefined: each file goes back to where it was. Absolute. */
  readonly to?: string | undefined;
  /** Absolute. */
  readonly configFolder: string;
  /** Targets and the state folder: nothing is restored into them, and they are not moved. Absolute. */
  readonly never: readonly string[];
  /** Where a snapshot does not say of what it was made: the policy's. */
  readonly roots?: readonly Root[] | undefined;
  /** What is saved by now: in place nothing else is touched, whatever a snapshot says of itself. Undefined: it is believed. */
  readonly declared?: readonly Root[] | undefined;
  /** What is there now, was meant to be in the snapshot, and is not. Default `aside` in place, else `keep`. */
  readonly extra?: 'keep' | 'aside';
  /** Globs, relative to the config's folder: files of which the present one is never replaced. */
  readonly appendOnly?: readonly string[];
  readonly sameBy?: SameBy;
}

export type Counts = Readonly<Record<Does, number>>;

export interface RestorePlan {
  readonly wish: RestoreWish;
  readonly layers: readonly Choice[];
  readonly destination: Destination;
  /** What is swapped, each with at least one change. */
  readonly units: readonly Unit[];
  readonly counts: Counts;
  /** Files and bytes that are written: a tree is staged as a whole when anything in it changes. */
  readonly files: number;
  readonly bytes: number;
  /** What a person should know: an older snapshot that is used, a target that could not be read. */
  readonly remarks: readonly string[];
  /** Folders that are missing above a destination, outermost first, and those that stay and are given their metadata. */
  readonly leads: readonly Line[];
  readonly opened: readonly Line[];
  /** Files that others are hard links of: `layer:path`. */
  readonly firsts: ReadonlySet<string>;
  /** Path by path, in order; looks again each time. */
  lines(sameBy?: SameBy): AsyncIterable<Line>;
}

export const nameOfLayer = ({ engine, snapshot }: { engine: Engine; snapshot: Choice['snapshot'] }): string =>
  `${snapshot.id} in ${engine.name}`;

/**
 * A snapshot whose list of files cannot be read is gone around: by the same one in another target, or, where none was named,
 * by an older one. Throws BACKUP_RESTORE_REFUSED, BACKUP_UNKNOWN, BACKUP_DAMAGED, or what a target says.
 */
export async function planRestore(wish: RestoreWish): Promise<RestorePlan> {
  const destination = destinationOf(wish);
  const unreadable: ListDamaged[] = [];
  for (;;) {
    const chosen: Choice[] = [];
    for (const layer of wish.layers) chosen.push(await choose(layer, unreadable));
    try {
      return await planned(wish, destination, chosen);
    } catch (error) {
      if (!(error instanceof ListDamaged)) throw error;
      unreadable.push(error);
    }
  }
}

async function planned(wish: RestoreWish, destination: Destination, chosen: Choice[]): Promise<RestorePlan> {
  const isPicked = wish.layers.every((layer) => layer.id === undefined);
  const layers = isPicked ? chosen.sort((one, other) => one.snapshot.startedAt - other.snapshot.startedAt) : chosen;
  const { by, left } = compareWith(wish, destination, layers);
  const remarks = [...layers.flatMap((layer) => layer.remarks), ...left.map(leftAlone)];
  const counts: Record<Does, number> = { create: 0, update: 0, same: 0, keep: 0, aside: 0 };
  const comparison = new Comparison(by);
  const [leads, opened, firsts] = [[] as Line[], [] as Line[], new Set<string>()];
  for await (const line of comparison.lines(wantedOf(layers, by, destination))) {
    counts[line.does] += 1;
    const { wanted, unit, present } = line;
    if (wanted?.entry.sameAs !== undefined) firsts.add(linkKey(wanted.layer, wanted.entry.sameAs));
    if (unit === undefined && wanted?.entry.type === 'folder') (present === undefined ? leads : opened).push(line);
  }
  if (wish.paths !== undefined) refuseUnknown(wish, comparison);
  const units = [...comparison.units.values()].filter((unit) => unit.changes > 0);
  return {
    wish,
    layers,
    destination,
    units,
    counts,
    files: units.reduce((sum, unit) => sum + unit.files, 0),
    bytes: units.reduce((sum, unit) => sum + unit.bytes, 0),
    remarks,
    leads,
    opened,
    firsts,
    lines: (sameBy) => new Comparison({ ...by, sameBy: sameBy ?? by.sameBy }).lines(wantedOf(layers, by, destination)),
  };
}

export const linkKey = (layer: number, path: ByteText): string => `${layer}:${path}`;

/** Everything that belongs to what is restored, and the folders that lead to it. */
async function* wantedOf(
  layers: readonly Choice[],
  { starts, rootPaths }: CompareWith,
  { isInPlace }: Destination,
): AsyncGenerator<Wanted> {
  // What lies elsewhere comes from a root that lies there, never from one that is the whole folder of the config.
  const elsewhere = rootPaths.filter(isOutside);
  const leads = (path: ByteText, to: readonly ByteText[], isFolder: boolean): boolean =>
    to.some((one) => isAtOrBelow(path, one) || (isFolder && isAtOrBelow(one, path)));
  const streams = layers.map((layer): AsyncIterable<Entry> =>
    listOf(layer, checked(layer.engine.entries(layer.snapshot), nameOfLayer(layer))),
  );
  for await (const want of merged(streams)) {
    const { path, type } = want.entry;
    if (isInPlace && isAtOrBelow(path, '@dumps' as ByteText)) continue;
    if (isInPlace && isOutside(path) && !leads(path, elsewhere, type === 'folder')) continue;
    if (leads(path, starts, type === 'folder')) yield want;
  }
}

const leftAlone = (as: ByteText): string =>
  `${shown(as)} is left alone: it was saved then, and no source names it now; \`realm backup restore --undeclared\` restores it too`;

function compareWith(
  wish: RestoreWish,
  destination: Destination,
  layers: readonly Choice[],
): { readonly by: CompareWith; readonly left: readonly ByteText[] } {
  const { isInPlace } = destination;
  const known = layers.map(({ snapshot }) => snapshot.roots ?? wish.roots);
  const roots = known.every((one) => one !== undefined) ? known.flat() : undefined;
  const declared = isInPlace ? wish.declared : undefined;
  const { places, left } = placesOf(roots, declared);
  const chosen = wish.paths?.map((path) => typedPath(path, wish.configFolder));
  const starts = startsOf(chosen, places, isInPlace);
  const asked = left.filter((as) => chosen?.some((path) => isAtOrBelow(path, as) || isAtOrBelow(as, path)) !== false);
  if (asked.length > 0 && starts.length === 0)
    throw new RealmError('BACKUP_RESTORE_REFUSED', asked.map(leftAlone).join('; '), {
      hint: 'or elsewhere, with --to DIR',
    });
  const scope = roots === undefined ? everything : scopeOf(roots);
  const by = {
    destination,
    starts,
    rootPaths: isInPlace ? places! : ['' as ByteText],
    // The config's folder stays where it is: whoever stands in it would stand in the old one.
    grounds: groundsOf(wish.never.map(real), isInPlace ? [real(wish.configFolder)] : []),
    scope: declared === undefined ? scope : both(scope, scopeOf(declared)),
    extra: wish.extra ?? (isInPlace ? ('aside' as const) : ('keep' as const)),
    isAppendOnly: anyOf(wish.appendOnly ?? []),
    sameBy: wish.sameBy ?? 'content',
  };
  return { by, left: asked };
}

/** The path without links, as far as it exists. */
export function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return dirname(path) === path ? path : join(real(dirname(path)), basename(path));
  }
}

function destinationOf({ to, configFolder, never }: RestoreWish): Destination {
  const base = real(to ?? configFolder);
  if (to !== undefined) {
    if (statSync(base, { throwIfNoEntry: false })?.isDirectory() === false)
      throw new RealmError('BACKUP_RESTORE_REFUSED', `${to} is there, and is no folder`, {
        hint: 'name a folder, or one that is not there yet',
      });
    const inside = never.map(real).find((one) => isAtOrBelow(fromText(base), fromText(one)));
    if (inside !== undefined) {
      throw new RealmError(
        'BACKUP_RESTORE_REFUSED',
        `${to} lies in ${inside}, where backups or the state of this realm are`,
        {
          hint: 'name a folder elsewhere with --to',
        },
      );
    }
  }
  return { base: fromText(base), isInPlace: to === undefined };
}

function refuseUnknown(wish: RestoreWish, { units, seen }: Comparison): void {
  for (const text of wish.paths ?? []) {
    const path = typedPath(text, wish.configFolder);
    if (![...seen, ...units.keys()].some((one) => isAtOrBelow(one, path))) {
      throw new RealmError('BACKUP_RESTORE_REFUSED', `${quoted(path)} is not in the snapshot`, {
        hint: 'see `realm backup find PATH`',
      });
    }
  }
}
