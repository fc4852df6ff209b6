// Walks the sources of a policy once, in the order of their bytes, by names that are bytes; it never follows a link.
import { type BigIntStats, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { byBytes, type ByteText, joined, shown, toPath } from '../byte-text.ts';
import type { Trouble } from '../engine.ts';
import type { Root } from '../policy.ts';
import { isHolder } from '../restore/holder.ts';
import { OUTSIDE } from '../restore/place.ts';
import { isTarget, TARGET_FILE } from './layout.ts';
import { below, type Rule } from './globs.ts';
import { plant, type Plot, rootsIn } from './roots.ts';

/** A file, folder or link as it was met: what an entry needs but its digest. */
export interface Found {
  /** Below `data/`. */
  readonly path: ByteText;
  /** Absolute. */
  readonly from: ByteText;
  readonly type: 'file' | 'folder' | 'link';
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly inode: number;
  readonly device: number;
  /** How many names it has. */
  readonly links: number;
  /** Of the folder it was met in: a file that is another one by now is still saved if it lies in the same folder. */
  readonly folderInode: number;
  readonly isSparse: boolean;
  readonly target?: ByteText;
}

export interface WalkOptions {
  readonly roots: readonly Root[];
  /** Absolute: neither they nor what is in them. */
  readonly never: readonly string[];
  /** `isFolder`: a source or a folder as a whole is not saved, and nobody knows how much is in it. */
  readonly trouble: (trouble: Trouble, isFolder: boolean) => void;
}

/** Each path once, however many roots name it; folders before what is in them. */
export function* walk(options: WalkOptions): Generator<Found> {
  const top = plant(options.roots);
  const walker = new Walker(options);
  const place = {
    name: '' as ByteText,
    path: '' as ByteText,
    from: top.from,
    rules: top.rules,
    plot: top,
    folderInode: 0,
  };
  if (top.rules.length === 0) return yield* walker.inside(place);
  const stat = statSync(toPath(top.from), { bigint: true, throwIfNoEntry: false });
  if (stat?.isDirectory() === true) return yield* walker.inside({ ...place, stat });
  options.trouble({ path: shown(top.from), what: 'unreadable', why: 'there is no such folder' }, true);
}

/** A name in a folder. Without `stat` it is no folder of the world, only one of ours. */
interface Place {
  readonly name: ByteText;
  readonly path: ByteText;
  readonly from: ByteText;
  readonly rules: readonly Rule[];
  /** Roots begin here or below. */
  readonly plot: Plot | undefined;
  readonly stat?: BigIntStats;
  readonly folderInode: number;
}
type Known = Place & { readonly stat: BigIntStats };

/** So many names of a folder are looked at at once: one with a million is not held as a whole. */
const SLICE = 2048;

const TARGET = `backups are kept there (${TARGET_FILE}), and backups are not saved themselves: exclude it`;

const errnoOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
const isIn = ({ rules }: Place): boolean => rules.some((rule) => rule.isIn);

class Walker {
  readonly #never: ReadonlySet<string>;
  readonly #neverInodes: ReadonlySet<string>;
  readonly #trouble: WalkOptions['trouble'];
  /** Looking ahead tells no troubles: the walk itself will. */
  #isSilent = false;

  constructor({ never, trouble }: Omit<WalkOptions, 'roots'>) {
    this.#trouble = trouble;
    this.#never = new Set(never.map((path) => Buffer.from(path).toString('latin1')));
    this.#neverInodes = new Set(
      never.flatMap((path) => {
        const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
        return stat === undefined ? [] : [`${stat.dev}:${stat.ino}`];
      }),
    );
  }

  /** What is in a folder. In it `a` comes before `a-b` and that before `a/c`: what is in `a` waits for its turn. */
  *inside(place: Place): Generator<Found> {
    const names = this.#names(place);
    const waiting: Known[] = [];
    for (let start = 0; start < names.length; start += SLICE) {
      const children = names.slice(start, start + SLICE).flatMap((name) => this.#look(place, name));
      if (!this.#isStill(place)) return;
      for (const child of children) {
        while (waiting.length > 0 && `${waiting[0]!.name}/` < child.name) yield* this.inside(waiting.shift()!);
        const found = this.#found(child);
        if (found === undefined) continue;
        yield found;
        if (found.type !== 'folder') continue;
        const later = waiting.findIndex(({ name }) => `${child.name}/` < `${name}/`);
        waiting.splice(later < 0 ? waiting.length : later, 0, child);
      }
    }
    for (const folder of waiting) yield* this.inside(folder);
  }

  #names({ rules, plot, path, from, stat }: Place): readonly ByteText[] {
    const planted = [...(plot?.children.keys() ?? [])];
    if (rules.length === 0 || stat === undefined) return planted.sort(byBytes);
    try {
      // What a restore moved aside is no part of what it was moved out of.
      const names = readdirSync(toPath(from), { encoding: 'latin1' }).filter((name) => !isHolder(name)) as ByteText[];
      const all = planted.length === 0 ? names : [...new Set([...names, ...planted])];
      return all.sort(byBytes);
    } catch (error) {
      const isGone = errnoOf(error) === 'ENOENT';
      this.#tell(path, isGone ? 'vanished' : 'unreadable', (error as Error).message, !isGone);
      return planted.sort(byBytes);
    }
  }

  #look(folder: Place, name: ByteText): readonly Known[] {
    const plot = folder.plot?.children.get(name);
    const inFolder = (folder.from === '/' ? `/${name}` : `${folder.from}/${name}`) as ByteText;
    const from = plot?.from ?? inFolder;
    // What lies elsewhere in the world is none of the folder's that it is planted in: `@root` would be all there is.
    const left = from === inFolder ? below(folder.rules, name) : [];
    if (left.length === 0 && plot === undefined) return [];
    const path = joined(folder.path, name);
    if (path === OUTSIDE && plot === undefined) {
      this.#tell(path, 'refused', `${OUTSIDE} is where files from elsewhere lie in a snapshot: rename it`, true);
      return [];
    }
    const rules = plot === undefined || plot.rules.length === 0 ? left : [...left, ...plot.rules];
    try {
      // What only lies on the way to a root is a folder, also when a link leads to it.
      const stat =
        rules.length === 0 ? statSync(toPath(from), { bigint: true }) : lstatSync(toPath(from), { bigint: true });
      return this.#accept({ name, path, from, rules, plot, stat, folderInode: Number(folder.stat?.ino ?? 0n) });
    } catch (error) {
      const why = (error as Error).message;
      if (plot !== undefined) this.#lost(plot, errnoOf(error) === 'ENOENT' ? 'there is no such file or folder' : why);
      else this.#tell(path, errnoOf(error) === 'ENOENT' ? 'vanished' : 'unreadable', why);
      return [];
    }
  }

  #accept(place: Known): readonly Known[] {
    const { stat, path, from, plot } = place;
    const isNever = this.#never.has(from) || (stat.isDirectory() && this.#neverInodes.has(`${stat.dev}:${stat.ino}`));
    if (isNever) {
      if (plot !== undefined) this.#lost(plot, 'backups and the state of the realm are not saved themselves');
      return [];
    }
    if (stat.isDirectory() && isTarget(from)) {
      // Told, and not passed over: else whoever puts such a file into a folder would take it out of every backup.
      if (plot !== undefined) this.#lost(plot, TARGET);
      else if (isIn(place)) this.#tell(path, 'refused', TARGET, true);
      return [];
    }
    if (plot !== undefined && stat.isSymbolicLink()) this.#lost(plot, 'it is a symbolic link: name what it points to');
    else if (plot !== undefined && plot.children.size > 0 && !stat.isDirectory()) this.#lost(plot, 'it is no folder');
    if (stat.isFile() || stat.isDirectory() || stat.isSymbolicLink()) return [place];
    if (isIn(place)) this.#tell(path, 'special', `it is ${specialName(stat)}`);
    return [];
  }

  #found(place: Known): Found | undefined {
    const { path, from, stat, folderInode } = place;
    if (!isIn(place) && place.plot === undefined && !(stat.isDirectory() && this.#hasAny(place))) return undefined;
    const common = {
      path,
      from,
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtimeNs: String(stat.mtimeNs),
      ctimeNs: String(stat.ctimeNs),
      inode: Number(stat.ino),
      device: Number(stat.dev),
      links: Number(stat.nlink),
      folderInode,
    };
    if (stat.isFile()) {
      return { ...common, type: 'file', size: Number(stat.size), isSparse: stat.blocks * 512n < stat.size };
    }
    if (stat.isDirectory()) return { ...common, type: 'folder', size: 0, isSparse: false };
    try {
      const target = readlinkSync(toPath(from), { encoding: 'latin1' }) as ByteText;
      return { ...common, type: 'link', size: 0, isSparse: false, target };
    } catch (error) {
      this.#tell(path, errnoOf(error) === 'ENOENT' ? 'vanished' : 'unreadable', (error as Error).message);
      return undefined;
    }
  }

  /** Whether anything below is saved: a folder that no glob names is there only for what is in it. */
  #hasAny(place: Known): boolean {
    const wasSilent = this.#isSilent;
    this.#isSilent = true;
    try {
      return this.inside(place).next().done !== true;
    } finally {
      this.#isSilent = wasSilent;
    }
  }

  /** A link that took the place of a folder meanwhile would lead out of the root; told when it is not what it was. */
  #isStill({ path, from, stat, rules }: Place): boolean {
    if (stat === undefined || rules.length === 0 || from === '/') return true;
    try {
      const now = lstatSync(toPath(from), { bigint: true, throwIfNoEntry: false });
      if (now === undefined || (now.ino === stat.ino && now.dev === stat.dev)) return true;
      this.#tell(path, 'refused', 'the folder was replaced while it was read', true);
    } catch (error) {
      this.#tell(path, 'unreadable', (error as Error).message, true);
    }
    return false;
  }

  #tell(path: ByteText, what: Trouble['what'], why: string, isFolder = false): void {
    if (!this.#isSilent) this.#trouble({ path: shown(path), what, why }, isFolder);
  }

  /** Roots of which nothing can be saved. */
  #lost(plot: Plot, why: string): void {
    if (this.#isSilent) return;
    for (const root of rootsIn(plot)) this.#trouble({ path: shown(root), what: 'unreadable', why }, true);
  }
}

function specialName(stat: BigIntStats): string {
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isBlockDevice() || stat.isCharacterDevice() ? 'a device' : 'of an unknown kind';
}
