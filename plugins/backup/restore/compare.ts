// Puts what a snapshot holds beside what is at the destination, path by path, and says what a restore does with each.
import { statSync } from 'node:fs';
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, shown, toPath } from '../byte-text.ts';
import { isTarget } from '../tree/layout.ts';
import { isBelowHolder, isHolder, nameOf, parentOf } from './holder.ts';
import type { Wanted } from './merged.ts';
import { type Destination, isAtOrBelow, OUTSIDE, placeOf } from './place.ts';
import { type Present, presentAt, PresentWalk } from './present.ts';
import { isSame, type SameBy } from './same.ts';
import type { Scope } from './scope.ts';
import { type Grounds, isSwappable, type Unit } from './units.ts';

/** `keep`: what is there stays. `aside`: it leaves, and lies in the old copy until that is purged. */
export type Does = 'create' | 'update' | 'same' | 'keep' | 'aside';

export interface Line {
  readonly path: ByteText;
  readonly at: ByteText;
  readonly does: Does;
  readonly why: string | undefined;
  readonly wanted: Wanted | undefined;
  readonly present: Present | undefined;
  /** What it is swapped with; undefined: it is a folder that stays where it is, and what is in it is looked at one by one. */
  readonly unit: Unit | undefined;
  /** `keep` of a whole folder: what is in it is not listed. */
  readonly isWhole: boolean;
}

export interface CompareWith {
  readonly destination: Destination;
  readonly starts: readonly ByteText[];
  /** Above these a link may lead to a folder, as it did when it was saved; below they may not. '' : nowhere. */
  readonly rootPaths: readonly ByteText[];
  readonly grounds: Grounds;
  readonly scope: Scope;
  readonly extra: 'keep' | 'aside';
  readonly isAppendOnly: (path: ByteText) => boolean;
  readonly sameBy: SameBy;
}

/** What a folder means for what is in it. `above`: it only leads to a start. `out`: nothing below is restored. */
type Role = Unit | 'open' | 'above' | 'out';
interface Folder {
  readonly role: Role;
  /** It is a real folder at the destination now. */
  readonly isThere: boolean;
  /** Something else takes its place: nothing in it can stay. */
  readonly mustLeave: boolean;
}

export class Comparison {
  readonly #with: CompareWith;
  readonly #folders = new Map<ByteText, Folder>();
  readonly units = new Map<ByteText, Unit>();
  /** Starts that are in the snapshot. */
  readonly seen = new Set<ByteText>();
  #walk: PresentWalk;

  constructor(by: CompareWith) {
    this.#with = by;
    const { never } = by.grounds;
    this.#walk = new PresentWalk(
      by.starts.filter((start) => start !== ''),
      (path) => placeOf(by.destination, path),
      (path, at) => !this.#isElsewhere(path) && !never.includes(at),
    );
    this.#openTop();
  }

  /** One of that name in the config's folder would be taken for the whole system. */
  #isElsewhere(path: ByteText): boolean {
    return this.#with.destination.isInPlace && path === OUTSIDE;
  }

  #openTop(): void {
    const { starts, destination, grounds } = this.#with;
    const root = '' as ByteText;
    const present = presentAt(root, destination.base);
    const isThere = present?.type === 'folder';
    if (!starts.includes(root)) return void this.#folders.set(root, { role: 'above', isThere, mustLeave: false });
    if (!isThere && !destination.isInPlace) {
      const unit = this.#unitFor(root, destination.base, false, true);
      return void this.#folders.set(root, { role: unit, isThere, mustLeave: false });
    }
    const isOwn = (path: ByteText, at: ByteText): boolean => !this.#isElsewhere(path) && !grounds.never.includes(at);
    this.#walk = new PresentWalk(starts, (path) => placeOf(destination, path), isOwn);
    this.#walk.next(); // the folder itself: it is open, and stays
    this.#folders.set(root, { role: 'open', isThere, mustLeave: false });
  }

  /** `wanted` has to come in order; so do the lines. */
  async *lines(wanted: AsyncIterable<Wanted>): AsyncGenerator<Line> {
    let present = this.#walk.next();
    for await (const want of wanted) {
      const { path } = want.entry;
      for (; present !== undefined && present.path < path; present = this.#walk.next()) yield* this.#extra(present);
      const isHere = present?.path === path;
      yield* this.#wanted(want, isHere ? present : undefined);
      if (isHere) present = this.#walk.next();
    }
    for (; present !== undefined; present = this.#walk.next()) yield* this.#extra(present);
  }

  #unitFor(path: ByteText, at: ByteText, hasOld: boolean, hasNew: boolean): Unit {
    const unit: Unit = { path, at, hasNew, hasOld, changes: 0, files: 0, bytes: 0 };
    this.units.set(path, unit);
    return unit;
  }

  /** The role of something in a folder of this role; `isFolder`: in the snapshot. */
  #roleOf(path: ByteText, at: ByteText, above: Role, isFolder: boolean, present: Present | undefined): Role {
    if (typeof above === 'object' || above === 'out') return above;
    if (above === 'above') {
      const { starts } = this.#with;
      if (!starts.includes(path)) return starts.some((start) => isAtOrBelow(start, path)) ? 'above' : 'out';
    }
    if (present?.type === 'folder' && !isSwappable(at, this.#with.grounds)) {
      if (isFolder) return 'open';
      throw refused(`${shown(at)} is a folder that has to stay where it is, and the snapshot has something else there`);
    }
    return this.#unitFor(path, at, present !== undefined, true);
  }

  *#wanted(want: Wanted, walked: Present | undefined): Generator<Line> {
    const { path, type, size } = want.entry;
    const parent = this.#isElsewhere(path) ? ELSEWHERE : (this.#folders.get(parentOf(path)) ?? NOWHERE);
    const at = placeOf(this.#with.destination, path);
    const isFolder = type === 'folder';
    const present = walked ?? (parent.role === 'above' && parent.isThere ? presentAt(path, at) : undefined);
    const role = this.#roleOf(path, at, parent.role, isFolder, present);
    const isThere = present?.type === 'folder' || (role === 'above' && this.#leadsToFolder(path, at, present));
    if (isFolder || isThere) this.#folders.set(path, { role, isThere, mustLeave: !isFolder });
    if (this.#with.starts.includes(path)) this.seen.add(path);
    if (typeof role === 'object' && this.#with.grounds.never.includes(at))
      throw refused(`${shown(at)} holds backups or the state of this realm: nothing is restored over it`);
    if (role !== 'out' && role !== 'above' && present?.type === 'folder' && isTarget(at))
      throw refused(`${shown(at)} holds backups: nothing is restored over it`);
    if (role === 'out' || role === 'above') {
      // What leads to a start is made when it is missing, and left alone when it is there.
      if (role === 'above' && !isThere) yield line(path, at, 'create', { wanted: want, present });
      return;
    }
    const unit = typeof role === 'object' ? role : undefined;
    if (!isFolder && present?.type === 'file' && this.#with.isAppendOnly(path)) {
      yield line(path, at, 'keep', { wanted: want, present, unit, why: 'append-only' });
      return;
    }
    const does =
      present === undefined ? 'create' : isSame(want.entry, present, this.#with.sameBy) ? 'same' : ('update' as const);
    if (unit !== undefined) {
      unit.changes += does === 'same' ? 0 : 1;
      unit.files += type === 'file' ? 1 : 0;
      unit.bytes += size;
    }
    yield line(path, at, does, { wanted: want, present, unit });
  }

  /** Of what is above a start. Throws when something else than a folder is there. */
  #leadsToFolder(path: ByteText, at: ByteText, present: Present | undefined): boolean {
    if (present === undefined) return false;
    const isBelowRoot = this.#with.rootPaths.some((root) => isAtOrBelow(path, root));
    if (!isBelowRoot && statSync(toPath(at), { throwIfNoEntry: false })?.isDirectory() === true) return true;
    throw refused(`${shown(at)} is a ${present.type} now: nothing is restored through it`);
  }

  *#extra(present: Present): Generator<Line> {
    const { path, at, type } = present;
    const { role, mustLeave } = this.#folders.get(parentOf(path)) ?? NOWHERE;
    if (role === 'out' || role === 'above') return this.#walk.skipBelow(path);
    const isBackups = type === 'folder' && isTarget(at);
    if (isBackups && mustLeave) throw refused(`${shown(at)} holds backups: nothing else takes its place`);
    const why = isBackups ? 'it holds backups' : mustLeave ? undefined : this.#whyKept(present);
    if (isHolder(nameOf(path)) && role === 'open') return this.#walk.skipBelow(path);
    const inside = typeof role === 'object' ? role : undefined;
    if (type === 'folder') {
      if (why === undefined || !(isBackups || this.#isKeptWhole(present))) {
        this.#folders.set(path, { role, isThere: true, mustLeave });
        if (inside === undefined) return;
        yield why === undefined
          ? this.#leaves(present, inside)
          : line(path, at, 'keep', { present, unit: inside, why });
        return;
      }
      this.#walk.skipBelow(path);
    }
    if (why !== undefined)
      return yield line(path, at, 'keep', { present, unit: inside, why, isWhole: type === 'folder' });
    yield this.#leaves(present, inside ?? this.#unitFor(path, at, true, false));
  }

  #leaves(present: Present, unit: Unit): Line {
    unit.changes += 1;
    return line(present.path, present.at, 'aside', { present, unit });
  }

  #whyKept({ path, type }: Present): string | undefined {
    const { extra, scope, isAppendOnly } = this.#with;
    if (isBelowHolder(path)) return 'of another restore';
    if (!scope.holds(path)) return 'not in its sources';
    if (type !== 'folder' && isAppendOnly(path)) return 'append-only';
    return extra === 'keep' ? 'only here' : undefined;
  }

  #isKeptWhole({ path }: Present): boolean {
    return isHolder(nameOf(path)) || this.#with.extra === 'keep' || this.#with.scope.isClosed(path);
  }
}

/** What is above all files of the system is nobody's; it leads to those that are restored. */
const ELSEWHERE: Folder = { role: 'above', isThere: true, mustLeave: false };
const NOWHERE: Folder = { role: 'out', isThere: false, mustLeave: false };
const refused = (why: string): RealmError => new RealmError('BACKUP_RESTORE_REFUSED', why);

type Rest = Partial<Pick<Line, 'why' | 'wanted' | 'present' | 'unit' | 'isWhole'>>;
const line = (path: ByteText, at: ByteText, does: Does, rest: Rest): Line => ({
  path,
  at,
  does,
  why: undefined,
  wanted: undefined,
  present: undefined,
  unit: undefined,
  isWhole: false,
  ...rest,
});
