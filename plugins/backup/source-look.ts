// Compares a snapshot with its sources as they are now: what came since, and what cannot have come by any change.
import { lstat } from 'node:fs/promises';
import { type ByteText, shown, toPath } from './byte-text.ts';
import { digestOf, liveSides, pairs, type Side, UNREADABLE } from './difference.ts';
import type { Tools, Trouble } from './engine.ts';
import type { Entry } from './entry.ts';
import type { Policy } from './policy.ts';
import type { Snapshot } from './snapshot.ts';
import type { Found } from './tree/walk.ts';

/**
 * `changed`, `added`, `gone`: since the snapshot was made, which is no damage. `differs`: size and time of change are as they
 * were saved, and the content is not: the disk, or somebody who put the time back. `lacking`: its folder has not changed since,
 * so it was there, and is not in the snapshot. `unread`: nobody can say.
 */
export type Finding = 'changed' | 'added' | 'gone' | 'differs' | 'lacking' | 'unread';

/** A file that is as it was saved by all that is known without its digest, which a repository does not keep. */
interface Unproven {
  readonly entry: Entry;
  readonly now: Found;
}

/** Of some of these files, as they are in the snapshot. */
export type Digests = (entries: readonly Entry[]) => Promise<ReadonlyMap<ByteText, string>>;

export interface SourceLook {
  readonly counts: Readonly<Record<Finding, number>>;
  /** At most 100 of each, for people. */
  readonly named: readonly { readonly path: string; readonly is: Finding }[];
  /** Files whose content was compared and is the same, and their bytes. */
  readonly sameFiles: number;
  readonly sameBytes: number;
  /** Bytes of files that seem to be the same, and were not read. */
  readonly unreadBytes: number;
}

const MOST_NAMED = 100;
/** Times that are closer to the run than this may hide a change: some filesystems count so. */
const RACY_NS = 2_000_000_000n;
const DUMPS = '@dumps';

export async function lookAtSources(
  snapshot: Snapshot,
  entries: AsyncIterable<Entry>,
  policy: Policy,
  digests: Digests,
  tools: Tools,
): Promise<SourceLook> {
  const troubles: Trouble[] = [];
  const look = new Look(snapshot, policy, tools);
  for await (const [saved, now] of pairs(withoutDumps(entries), liveSides(policy, troubles))) {
    tools.signal.throwIfAborted();
    await look.at(saved as Entry | undefined, now?.found);
  }
  // What is no file, folder or link is never saved, and a folder that went while it was read is gone.
  for (const { path, what } of troubles) if (what === 'unreadable' || what === 'refused') look.add('unread', path);
  await look.prove(digests);
  return look.result();
}

/** Made by commands for the run: there is nothing to compare them with. */
async function* withoutDumps(entries: AsyncIterable<Entry>): AsyncGenerator<Side> {
  for await (const entry of entries) if (entry.path !== DUMPS && !entry.path.startsWith(`${DUMPS}/`)) yield entry;
}

class Look {
  readonly #tools: Tools;
  readonly #before: bigint;
  /** Who is told what is missing can believe it: the same was to be saved then, and everything was. */
  readonly #isWhole: boolean;
  /** Folders in which nothing came or went since. */
  readonly #still = new Set<string>();
  readonly #counts = { changed: 0, added: 0, gone: 0, differs: 0, lacking: 0, unread: 0 };
  readonly #named: { path: string; is: Finding }[] = [];
  readonly #unproven: Unproven[] = [];
  #files = 0;
  #bytes = 0;
  #unreadBytes = 0;

  constructor({ status, startedAt, roots }: Snapshot, policy: Policy, tools: Tools) {
    this.#tools = tools;
    this.#before = BigInt(startedAt) * 1_000_000n - RACY_NS;
    this.#isWhole = status === 'complete' && JSON.stringify(roots) === JSON.stringify(policy.roots);
  }

  async at(saved: Entry | undefined, now: Found | undefined): Promise<void> {
    if (saved === undefined) this.#new(now!);
    else if (now === undefined) this.add('gone', shown(saved.path));
    else if (saved.type !== now.type || saved.target !== now.target) this.add('changed', shown(saved.path));
    else if (saved.type === 'file') await this.#file(saved, now);
    else if (saved.mode !== now.mode) this.add('changed', shown(saved.path));
    if (saved?.type === 'folder' && now?.type === 'folder' && this.#isStill(saved, now)) this.#still.add(saved.path);
  }

  #new({ path, type }: Found): void {
    const wasThere = this.#isWhole && type !== 'folder' && this.#still.has(parentOf(path));
    this.add(wasThere ? 'lacking' : 'added', shown(path));
  }

  #isStill(saved: Entry, { mtimeNs, ctimeNs }: Found): boolean {
    const isSame = saved.mtimeNs === mtimeNs && saved.ctimeNs === ctimeNs;
    return isSame && BigInt(ctimeNs) < this.#before;
  }

  async #file(entry: Entry, now: Found): Promise<void> {
    if (entry.size !== now.size || entry.mtimeNs !== now.mtimeNs) return this.add('changed', shown(entry.path));
    if (entry.sha256 === undefined) this.#unproven.push({ entry, now });
    else await this.#compare(entry, now, entry.sha256);
  }

  async #compare(entry: Entry, now: Found, sha256: string): Promise<void> {
    const path = shown(entry.path);
    const isRacy = entry.isRacy === true || BigInt(entry.mtimeNs) >= this.#before;
    const is = await judged(now, sha256, isRacy);
    if (is !== 'same') return this.add(is, path);
    this.#files += 1;
    this.#bytes += entry.size;
    if (entry.mode !== now.mode) this.add('changed', path);
    this.#tools.progress({ phase: 'compare', done: this.#files, bytes: this.#bytes });
  }

  /** Takes the digests that the entries do not have from what is kept. */
  async prove(digests: Digests): Promise<void> {
    if (this.#unproven.length === 0) return;
    const known = await digests(this.#unproven.map(({ entry }) => entry));
    for (const { entry, now } of this.#unproven) {
      const sha256 = known.get(entry.path);
      if (sha256 === undefined) this.#unreadBytes += entry.size;
      else await this.#compare(entry, now, sha256);
    }
  }

  add(is: Finding, path: string): void {
    if (this.#counts[is] < MOST_NAMED) this.#named.push({ path, is });
    this.#counts[is] += 1;
  }

  result(): SourceLook {
    const [sameFiles, sameBytes] = [this.#files, this.#bytes];
    return { counts: this.#counts, named: this.#named, sameFiles, sameBytes, unreadBytes: this.#unreadBytes };
  }
}

const parentOf = (path: ByteText): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Of a file whose size and time of change are as they were saved. `isRacy`: those times cannot prove anything. */
async function judged(now: Found, sha256: string, isRacy: boolean): Promise<'same' | Finding> {
  const digest = await digestOf(now);
  if (digest === sha256) return 'same';
  const stat = await lstat(toPath(now.from), { bigint: true }).catch(() => undefined);
  if (stat === undefined) return 'gone';
  const isChanged = String(stat.mtimeNs) !== now.mtimeNs || Number(stat.size) !== now.size; // while it was read
  if (isChanged) return 'changed';
  if (digest === UNREADABLE) return 'unread';
  return isRacy ? 'changed' : 'differs';
}
