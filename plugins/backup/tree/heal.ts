// Mends a damaged snapshot with the same content from elsewhere, and with it all that share the damaged inode.
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteText, fromText, joined, shown, toBytes, toPath } from '../byte-text.ts';
import type { Engine, Healing, Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import type { Snapshot } from '../snapshot.ts';
import { at } from './at.ts';
import { Bench, Blocked, dressed, isInside, mustBeInside } from './bench.ts';
import { check } from './check.ts';
import { copyOut } from './copy-out.ts';
import { Elsewhere } from './elsewhere.ts';
import { readEntries } from './entries-file.ts';
import { healEntries } from './heal-entries.ts';
import { healTags } from './heal-tags.ts';
import { hold, type Held, noteOrSay } from './hold.ts';
import { type Finding, inspectOne } from './inspect.ts';
import { DATA, ENTRIES, storedMode } from './layout.ts';
import { inspectTags } from './tags.ts';
import { type Twin, twinsOf } from './twins.ts';

export async function heal(
  target: string,
  snapshot: Snapshot,
  others: readonly Engine[],
  tools: Tools,
): Promise<Healing> {
  const held = hold(target, snapshot);
  const bench = new Bench(target, snapshot.uid, tools);
  const work = new Healer(target, { ...snapshot, path: held.folder }, held, bench, tools);
  for (const { path, from } of healTags(target, held, bench)) work.mended(path, from);
  const from = await healEntries(held, snapshot, others, bench, tools);
  if (from !== undefined) {
    work.mended(ENTRIES, from);
    for (const made of healTags(target, held, bench)) work.mended(made.path, made.from); // what is made of the entries
  }
  const tags = inspectTags(held.folder, held.anchor);
  for (const { path, why } of tags) work.left(shown(path), why);
  if (!tags.some(({ path }) => path === ENTRIES)) await work.data(others);
  return work.close();
}

class Healer {
  readonly #target: string;
  readonly #snapshot: Snapshot;
  readonly #held: Held;
  readonly #bench: Bench;
  readonly #tools: Tools;
  readonly #healed: { path: string; from: string }[] = [];
  readonly #left: { path: string; why: string }[] = [];
  /** What seemed to be damaged, or was mended with another name of it. */
  readonly #sound: string[] = [];
  readonly #alsoIn = new Set<string>();
  #twins: ReadonlyMap<string, readonly Twin[]> = new Map();

  constructor(target: string, snapshot: Snapshot, held: Held, bench: Bench, tools: Tools) {
    this.#target = target;
    this.#snapshot = snapshot;
    this.#held = held;
    this.#bench = bench;
    this.#tools = tools;
  }

  mended(path: string, from: string): void {
    this.#healed.push({ path, from });
    this.#tools.say(`${this.#snapshot.id}: ${path} is healed from ${from}`);
  }

  left(path: string, why: string): void {
    this.#left.push({ path, why });
  }

  async data(others: readonly Engine[]): Promise<void> {
    const { folder, anchor } = this.#held;
    const { findings } = await check(this.#snapshot, { level: 'structure', anchor }, this.#tools);
    const data = joined(fromText(folder), fromText(DATA));
    if (at(data) === undefined) mkdirSync(toPath(data));
    for (const { path, what } of findings) if (what === 'extra') this.#putAside(path);
    const broken = this.#broken(new Set(findings.map(({ path }) => path)));
    const files = broken.filter(({ type }) => type === 'file');
    this.#twins = twinsOf(this.#target, new Set(files.map(({ sha256 }) => sha256!)));
    const elsewhere = new Elsewhere(this.#snapshot.policy, others, files);
    for (const [index, entry] of broken.entries()) {
      this.#tools.signal.throwIfAborted();
      this.#tools.progress({ phase: 'heal', done: index, total: broken.length });
      await this.#mend(entry, elsewhere);
    }
  }

  #putAside(path: ByteText): void {
    const place = joined(fromText(this.#held.folder), path);
    this.#bench.setAside(place);
    this.#bench.takeAway(place);
    this.mended(shown(path), 'quarantine');
  }

  /** By the look just now, by what was known before, and whatever is in a broken folder; folders come first. */
  #broken(found: Set<ByteText>): readonly Entry[] {
    const known = new Set(this.#held.learnt.damaged);
    const broken: Entry[] = [];
    for (const entry of readEntries(join(this.#held.folder, ENTRIES))) {
      const path = joined(fromText(DATA), entry.path);
      const parent = path.slice(0, path.lastIndexOf('/')) as ByteText;
      if (found.has(path) || found.has(parent) || known.has(shown(path))) broken.push(entry);
      if (found.has(parent)) found.add(path);
    }
    return broken;
  }

  async #mend(entry: Entry, elsewhere: Elsewhere): Promise<unknown> {
    const path = joined(fromText(DATA), entry.path);
    const place = joined(fromText(this.#held.folder), path);
    const findings = inspectOne(entry, this.#held.folder);
    if (findings.length === 0) return this.#sound.push(shown(path));
    try {
      mustBeInside(this.#held.folder, place);
      if (findings.every(({ what }) => what === 'mode')) {
        chmodSync(toPath(place), storedMode(entry));
        this.mended(shown(path), ENTRIES);
      } else if (entry.type === 'file') await this.#mendFile(entry, place, findings, elsewhere);
      else this.#makeAgain(entry, place);
    } catch (error) {
      this.#tools.signal.throwIfAborted();
      if (!isOfThisAlone(error)) throw error;
      this.left(shown(path), (error as Error).message);
    }
  }

  /** Folders and links are known wholly by their entries. */
  #makeAgain(entry: Entry, place: ByteText): void {
    const made = this.#bench.free();
    if (entry.type === 'folder') {
      mkdirSync(toPath(made));
      chmodSync(toPath(made), storedMode(entry));
    } else symlinkSync(toBytes(entry.target!), toPath(made));
    this.#bench.put(made, place);
    this.mended(shown(joined(fromText(DATA), entry.path)), ENTRIES);
  }

  async #mendFile(entry: Entry, place: ByteText, findings: readonly Finding[], elsewhere: Elsewhere): Promise<void> {
    const path = shown(joined(fromText(DATA), entry.path));
    const { same, donors } = this.#judged(entry, place);
    // Before anything is done: should it end here, they are known to be damaged, and nothing is linked from them.
    this.#flag(same);
    const made = this.#bench.free();
    const donor = donors.find((one) => isCopied(one, made, entry));
    const from = donor === undefined ? await elsewhere.fetch(entry, made, this.#tools) : nameOf(donor);
    if (from === undefined) return this.left(path, findings.map(({ why }) => why).join(', '));
    dressed(made, entry);
    this.#bench.put(made, place);
    this.mended(path, from);
    for (const twin of same) this.#share(twin, place, from);
  }

  /** Other names of the damaged inode, and names of the same content on others. */
  #judged(entry: Entry, place: ByteText): { same: readonly Twin[]; donors: readonly Twin[] } {
    const inode = inodeOf(place);
    const twins = (this.#twins.get(entry.sha256!) ?? []).filter((twin) => twin.place !== place);
    return {
      same: twins.filter(
        (twin) => inode !== undefined && inodeOf(twin.place) === inode && isInside(twin.home.folder, twin.place),
      ),
      donors: twins.filter((twin) => inodeOf(twin.place) !== undefined && inodeOf(twin.place) !== inode),
    };
  }

  #flag(same: readonly Twin[]): void {
    for (const { home, entry } of same) {
      if (home.uid === this.#snapshot.uid || home.uid === '') continue;
      this.#alsoIn.add(home.id);
      const note = { note: 'damaged-too', at: this.#tools.now(), paths: [pathOf(entry)] } as const;
      noteOrSay(this.#target, home.uid, [note], this.#tools);
    }
  }

  #share(twin: Twin, place: ByteText, from: string): void {
    if (!this.#bench.link(place, twin.place)) {
      const made = this.#bench.free();
      if (!isCopied({ ...twin, place }, made, twin.entry)) return;
      dressed(made, twin.entry);
      this.#bench.put(made, twin.place, true);
    }
    const note = { note: 'healed', at: this.#tools.now(), paths: [pathOf(twin.entry)], from } as const;
    if (twin.home.uid !== '') noteOrSay(this.#target, twin.home.uid, [note], this.#tools);
  }

  close(): Healing {
    const [healed, left] = [this.#healed, this.#left];
    const at = this.#tools.now();
    const paths = [...this.#sound, ...healed.map(({ path }) => path)];
    const notes = paths.length === 0 ? [] : [{ note: 'healed', at, paths, from: 'see the log' } as const];
    noteOrSay(this.#target, this.#snapshot.uid, notes, this.#tools);
    return { healed, left, alsoIn: [...this.#alsoIn] };
  }
}

const pathOf = ({ path }: Entry): string => shown(joined(fromText(DATA), path));
const nameOf = ({ home, entry }: Twin): string => `${home.id} (${pathOf(entry)})`;

const inodeOf = (place: ByteText): number | undefined => {
  const stat = at(place);
  return stat?.isFile() === true ? stat.ino : undefined;
};

const isCopied = ({ place }: Twin, to: ByteText, { sha256 }: Entry): boolean =>
  copyOut([{ from: place, to, sha256: sha256! }]).damaged.length === 0;

/** Without room, or the right to write, nothing more can be mended. */
const isOfThisAlone = (error: unknown): boolean =>
  error instanceof Blocked || ['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
