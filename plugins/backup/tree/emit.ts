// Writes down what became of each path, in order: its entry, its line in the manifest, and what could not be saved.
import { copyFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { shown, toPath } from '../byte-text.ts';
import type { Trouble } from '../engine.ts';
import type { Entry } from '../entry.ts';
import { encodeEntry } from './entries-file.ts';
import { inodeOf, type Item } from './gather.ts';
import { ENTRIES, MANIFEST } from './layout.ts';
import { LineFile } from './line-file.ts';
import type { Job, Outcome } from './order.ts';
import { type Counts, isEscaped, manifestLine } from './seal.ts';
import { below, dressAt, makeAnew } from './take-over.ts';
import type { Found } from './walk.ts';

export interface Tally extends Counts {
  /** Paths that are not in it as they should be. */
  unsaved: number;
  /** Bytes of files that were read from the sources; files taken over; files that an interrupted run had made. */
  copiedBytes: number;
  takenFiles: number;
  takenBytes: number;
  resumedFiles: number;
  files: number;
  bytes: number;
  folders: number;
  links: number;
  escaped: number;
  /** Paths that the snapshot before no longer has as it saved them. */
  readonly damagedParent: string[];
}

const nothing = (): Tally => ({
  unsaved: 0,
  copiedBytes: 0,
  takenFiles: 0,
  takenBytes: 0,
  resumedFiles: 0,
  files: 0,
  bytes: 0,
  folders: 0,
  links: 0,
  escaped: 0,
  damagedParent: [],
});

/** More are counted, and not named. */
const MOST_TROUBLES = 10_000;

export class Emitter {
  readonly tally = nothing();
  readonly troubles: Trouble[] = [];
  readonly #entries: LineFile;
  readonly #manifest: LineFile;
  readonly #job: Job;
  /** The first names of files with several; undefined: it could not be saved. */
  readonly #firsts = new Map<string, Entry | undefined>();

  constructor(folder: string, job: Job) {
    this.#entries = new LineFile(join(folder, ENTRIES), 'utf8');
    this.#manifest = new LineFile(join(folder, MANIFEST), 'latin1');
    this.#job = job;
  }

  /** `outcome`: of those that had an order. */
  emit(item: Item, outcome: Outcome | undefined): void {
    const { found, again } = item;
    if (again !== undefined) return this.#again(found, again);
    if (found.type !== 'file') return this.#write(plain(found));
    const inode = inodeOf(found);
    const entry = this.#settled(item, outcome!);
    if (inode !== undefined) this.#firsts.set(inode, entry);
    if (entry !== undefined) this.#write(entry);
  }

  #settled({ found, order }: Item, outcome: Outcome): Entry | undefined {
    if (outcome.how === 'trouble') {
      this.trouble({ path: shown(found.path), what: outcome.what, why: outcome.why });
      return undefined;
    }
    if (outcome.how !== 'copied') {
      if (outcome.how === 'resumed') this.tally.resumedFiles += 1;
      else this.tally.takenFiles += 1;
      if (outcome.how === 'taken') this.tally.takenBytes += found.size;
      return { ...plain(found), sha256: (outcome.how === 'resumed' ? order!.made : order!.known)! };
    }
    this.tally.copiedBytes += outcome.found.size;
    if (outcome.isParentDamaged) this.tally.damagedParent.push(shown(found.path));
    if (outcome.isUnstable)
      this.trouble({ path: shown(found.path), what: 'unstable', why: 'it kept changing while it was read' });
    return { ...plain(outcome.found), sha256: outcome.sha256, ...(outcome.isRacy && { isRacy: true }) };
  }

  /** One more name of a file that is in the snapshot already. */
  #again(found: Found, inode: string): void {
    const first = this.#firsts.get(inode);
    if (first === undefined) {
      return this.trouble({
        path: shown(found.path),
        what: 'unreadable',
        why: 'it is a file that could not be saved under its other name',
      });
    }
    const [from, to] = [below(this.#job.to, first.path), below(this.#job.to, found.path)];
    try {
      makeAnew(to, this.#job, () => linkSync(toPath(from), toPath(to)));
    } catch (error) {
      if (!['EMLINK', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP'].includes((error as NodeJS.ErrnoException).code ?? ''))
        throw error;
      makeAnew(to, this.#job, () => copyFileSync(toPath(from), toPath(to)));
      dressAt(to, { ...found, mode: first.mode, mtimeNs: first.mtimeNs }, this.#job);
    }
    this.#write({ ...first, path: found.path, sameAs: first.path });
  }

  #write(entry: Entry): void {
    this.#entries.add(encodeEntry(entry));
    if (entry.type === 'folder') this.tally.folders += 1;
    if (entry.type === 'link') this.tally.links += 1;
    if (entry.type !== 'file') return;
    this.#manifest.add(manifestLine(entry.sha256!, entry.path));
    this.tally.files += 1;
    this.tally.bytes += entry.size;
    if (isEscaped(entry.path)) this.tally.escaped += 1;
  }

  /** What is special was never meant to be saved; everything else is missing. */
  trouble(trouble: Trouble): void {
    if (trouble.what !== 'special') this.tally.unsaved += 1;
    if (this.troubles.length < MOST_TROUBLES) this.troubles.push(trouble);
  }

  /** Everything so far can be found again by the next start. */
  flush(): void {
    this.#entries.flush();
  }

  /** Answers with the digests of both files. */
  close(): { readonly entries: string; readonly manifest: string } {
    this.troubles.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0));
    return { entries: this.#entries.close(), manifest: this.#manifest.close() };
  }

  abandon(): void {
    this.#entries.abandon();
    this.#manifest.abandon();
  }
}

function plain(found: Found): Entry {
  const { path, type, size, mode, uid, gid, mtimeNs, ctimeNs, inode, device, target } = found;
  const entry = { path, type, size, mode, uid, gid, mtimeNs, ctimeNs, inode, device };
  return target === undefined ? entry : { ...entry, target };
}
