// Hears that files and folders changed, however an editor saves them, and tells a burst of changes once.
import type { FSWatcher } from 'chokidar';
import { watch as chokidarWatch } from 'chokidar';
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type Clock, sleep, type Timer } from '../clock.ts';
import type { Compare } from './fingerprint.ts';
import { ABSENT, fingerprint } from './fingerprint.ts';
import { entriesOf } from './path-entries.ts';

export interface PathWatchOptions {
  readonly clock: Clock;
  /** Called with the paths that differ; never while an earlier call is still running. */
  readonly onChange: (paths: readonly string[]) => Promise<void> | void;
  readonly onError: (error: unknown) => void;
  /** Told what may have changed while the end of the burst is waited for: time for what can be done early. */
  readonly onStir?: (paths: Iterable<string>) => void;
  /** Silence that ends a burst. Default 50. */
  readonly quietMs?: number;
  /** A burst is told at the latest after this. Default 500. Also how long a file that vanished may take to return. */
  readonly longestMs?: number;
  /** Looks at everything this often, for what the system did not tell. 0: never. Default 60_000. */
  readonly recheckMs?: number;
}

export interface PathWatch {
  /** Watches exactly these from now on. Resolves with those that were not watched before, once they are. */
  set(paths: ReadonlyMap<string, Compare>): Promise<readonly string[]>;
  /** Looks at everything now, without waiting to hear of it; resolves once what changed was told. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** One save is heard of several times, within so long. */
const ONE_SAVE_MS = 5;
/** Of one burst, what is told early. */
const MOST_STIRS = 3;

interface Watched {
  readonly compare: Compare;
  print: string;
  /** Directory entries whose change concerns it. */
  readonly entries: readonly string[];
  /** Folders in which any change concerns it. */
  readonly inside: ReadonlySet<string>;
}

/** chokidar only says in which folder something happened; what changed is found by looking, so no event is trusted. */
export function watchPaths(options: PathWatchOptions): PathWatch {
  return new LookingWatch(options);
}

class LookingWatch implements PathWatch {
  readonly #options: Required<PathWatchOptions>;
  readonly #watcher: FSWatcher;
  readonly #watched = new Map<string, Watched>();
  /** From an entry, or a folder whose inside matters, to the watched paths that it concerns. */
  readonly #byTrigger = new Map<string, Set<string>>();
  /** Folders that should be watched once they exist; undefined when it must be worked out again. */
  #wanted: ReadonlySet<string> | undefined;
  /** Folder to inode: a folder that was replaced is watched anew. */
  readonly #folders = new Map<string, number>();
  #dirty = new Set<string>();
  #burstSince: number | undefined;
  #timer: Timer | undefined;
  #stir: Timer | undefined;
  #stirs = 0;
  #second: Timer | undefined;
  #recheck: Timer | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #telling: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: PathWatchOptions) {
    this.#options = { onStir: () => {}, quietMs: 50, longestMs: 500, recheckMs: 60_000, ...options };
    const ignored = (path: string): boolean => !this.#folders.has(resolve(path));
    this.#watcher = chokidarWatch([], { depth: 0, ignoreInitial: true, atomic: false, persistent: false, ignored });
    this.#watcher.on('raw', (_, name, details) => {
      const { watchedPath } = details as { readonly watchedPath?: string };
      if (watchedPath !== undefined) this.#heard(watchedPath, name);
    });
    this.#watcher.on('error', options.onError);
    this.#recheckLater();
  }

  set(paths: ReadonlyMap<string, Compare>): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      for (const path of this.#watched.keys()) if (!paths.has(path)) this.#forget(path);
      const added = [...paths].filter(([path, compare]) => this.#watched.get(path)?.compare !== compare);
      for (const [path, compare] of added) await this.#look(path, compare);
      this.#watchFolders();
      return added.map(([path]) => path);
    });
  }

  async settle(): Promise<void> {
    this.#lookLater(this.#watched.keys());
    while ((await this.#inTurn(() => this.#lookNow())) === 'vanished')
      await sleep(this.#options.clock, this.#options.quietMs);
    await this.#telling;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#stir?.cancel();
    this.#second?.cancel();
    this.#recheck?.cancel();
    await this.#work;
    await this.#watcher.close();
    await this.#telling;
  }

  /** One look after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => {}); // the caller of this turn hears of it; the next turn does not
    return done;
  }

  #forget(path: string): void {
    const known = this.#watched.get(path);
    if (known === undefined) return;
    for (const trigger of triggersOf(known.entries, known.inside)) {
      const concerned = this.#byTrigger.get(trigger);
      concerned?.delete(path);
      if (concerned?.size === 0) this.#byTrigger.delete(trigger);
    }
    this.#watched.delete(path);
    this.#wanted = undefined;
  }

  async #look(path: string, compare: Compare): Promise<string> {
    const entries = entriesOf(path);
    const inside = new Set<string>();
    const print = await fingerprint(path, compare, inside);
    const known = this.#watched.get(path);
    if (known !== undefined && sameTexts(known.entries, entries) && sameTexts([...known.inside], [...inside])) {
      known.print = print;
      return print;
    }
    this.#forget(path);
    for (const trigger of triggersOf(entries, inside)) {
      const concerned = this.#byTrigger.get(trigger);
      if (concerned === undefined) this.#byTrigger.set(trigger, new Set([path]));
      else concerned.add(path);
    }
    this.#watched.set(path, { compare, print, entries, inside });
    this.#wanted = undefined;
    return print;
  }

  /** Brings chokidar's folders in line. */
  #watchFolders(): void {
    const all = [...this.#watched.values()];
    this.#wanted ??= new Set(
      all.flatMap(({ entries, inside }) => [...entries.map((entry) => dirname(entry)), ...inside]),
    );
    const present = new Map<string, number>();
    for (const folder of this.#wanted) {
      const found = statSync(folder, { throwIfNoEntry: false });
      if (found?.isDirectory()) present.set(folder, found.ino);
    }
    const gone = [...this.#folders]
      .filter(([folder, inode]) => present.get(folder) !== inode)
      .map(([folder]) => folder);
    const fresh = [...present]
      .filter(([folder, inode]) => this.#folders.get(folder) !== inode)
      .map(([folder]) => folder);
    for (const folder of gone) this.#folders.delete(folder);
    for (const folder of fresh) this.#folders.set(folder, present.get(folder)!);
    if (gone.length > 0) this.#watcher.unwatch(gone);
    if (fresh.length === 0) return;
    this.#watcher.add(fresh); // listens a moment later, so what happens meanwhile is found by looking twice more
    this.#lookLater(this.#watched.keys());
    this.#second?.cancel();
    this.#second = this.#options.clock.after(2 * this.#options.longestMs, () => this.#lookLater(this.#watched.keys()));
  }

  #heard(folder: string, name: string | Buffer | null): void {
    const entry = name === null ? undefined : join(folder, String(name));
    const isItself = name !== null && String(name) === basename(folder); // a folder that goes says so under its own name
    const concerned = new Set([
      ...(this.#byTrigger.get(insideOf(folder)) ?? []),
      ...((isItself && this.#byTrigger.get(folder)) || []),
      ...(entry === undefined ? this.#watched.keys() : (this.#byTrigger.get(entry) ?? [])),
    ]);
    if (concerned.size === 0 || this.#isClosed) return;
    this.#lookLater(concerned);
    this.#stirLater();
  }

  #stirLater(): void {
    this.#stir?.cancel();
    if (this.#stirs === MOST_STIRS) return;
    this.#stir = this.#options.clock.after(ONE_SAVE_MS, () => {
      this.#stirs += 1;
      try {
        this.#options.onStir(this.#dirty);
      } catch (error) {
        this.#options.onError(error);
      }
    });
  }

  #lookLater(paths: Iterable<string>): void {
    if (this.#isClosed) return;
    const { clock, quietMs, longestMs } = this.#options;
    for (const path of paths) this.#dirty.add(path);
    this.#burstSince ??= clock.now();
    this.#timer?.cancel();
    const left = this.#burstSince + longestMs - clock.now();
    this.#timer = clock.after(Math.max(0, Math.min(quietMs, left)), () => {
      this.#inTurn(() => this.#lookNow()).catch(this.#options.onError);
    });
  }

  /** `vanished`: something may come back in a moment, and what changed is told then. */
  async #lookNow(): Promise<'vanished' | 'told'> {
    if (this.#isClosed) return 'told';
    const { clock, longestMs, onChange } = this.#options;
    const since = this.#burstSince ?? clock.now();
    const paths = [...this.#dirty].filter((path) => this.#watched.has(path));
    this.#dirty = new Set();
    this.#burstSince = undefined;
    this.#stirs = 0;
    const changed: string[] = [];
    const vanished: string[] = [];
    for (const path of paths) {
      const { compare, print: before } = this.#watched.get(path)!;
      const now = await this.#look(path, compare);
      if (now === before) continue;
      if (now === ABSENT && clock.now() - since < longestMs) {
        this.#watched.get(path)!.print = before; // some editors delete first; it may come back in a moment
        vanished.push(path);
      } else changed.push(path);
    }
    this.#watchFolders();
    if (vanished.length > 0) {
      this.#burstSince = since;
      for (const path of changed) this.#watched.get(path)!.print = 'to be told with those that vanished';
      this.#lookLater([...vanished, ...changed]);
      return 'vanished';
    }
    if (changed.length > 0) this.#telling = this.#telling.then(() => onChange(changed)).catch(this.#options.onError);
    return 'told';
  }

  #recheckLater(): void {
    const { clock, recheckMs } = this.#options;
    if (recheckMs === 0) return;
    this.#recheck = clock.after(recheckMs, () => {
      this.#lookLater(this.#watched.keys());
      this.#recheckLater();
    });
  }
}

/** Something in the folder, as apart from the folder itself: else one new file would be news of all its neighbours. */
const insideOf = (folder: string): string => join(folder, sep);

const triggersOf = (entries: readonly string[], folders: Iterable<string>): readonly string[] => [
  ...entries,
  ...[...folders].map(insideOf),
];

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);
