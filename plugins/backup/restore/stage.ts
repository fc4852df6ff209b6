// Builds what will be swapped in, beside its destination: content, links, folders and all their metadata.
import { appendFileSync, linkSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { type ByteText, joined, toBytes, toPath } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import type { Line } from './compare.ts';
import { fetchFiles, type FetchWith, type FileWish, type Substitute } from './fetch.ts';
import { newIn, oldIn, parentOf } from './holder.ts';
import { carryFile, type Metadata, type SwapUnit } from './journal.ts';
import { metadataNow, metadataOf, setLinkMetadata, setMetadata } from './metadata.ts';
import { linkKey, type RestorePlan } from './plan.ts';
import { presentAt } from './present.ts';

const BATCH = 8192;

export interface StageWith extends FetchWith {
  readonly plan: RestorePlan;
  readonly units: ReadonlyMap<ByteText, SwapUnit>;
  readonly stateDir: string;
  readonly uid: string;
}

export interface Staged {
  readonly substitutes: readonly Substitute[];
  readonly carried: number;
}

/** Nothing that was there before is touched. */
export async function stage(by: StageWith): Promise<Staged> {
  const stager = new Stager(by);
  for (const { holder, hasNew } of by.units.values()) {
    mkdirSync(toPath(parentOf(oldIn(holder, 'x' as ByteText))), { recursive: true, mode: 0o700 });
    if (hasNew) mkdirSync(toPath(parentOf(newIn(holder, 'x' as ByteText))), { recursive: true, mode: 0o700 });
  }
  const root = by.units.get('' as ByteText);
  if (root !== undefined) stager.folder(newIn(root.holder, root.name), undefined);
  for await (const line of by.plan.lines('times')) {
    by.tools.signal.throwIfAborted();
    const unit = line.unit === undefined ? undefined : by.units.get(line.unit.path);
    if (unit !== undefined) await stager.take(line, unit);
  }
  return stager.end();
}

class Stager {
  readonly #by: StageWith;
  readonly #tools: Tools;
  #batch: FileWish[] = [];
  #batchBytes = 0;
  #done = 0;
  readonly #folders: { readonly to: ByteText; readonly metadata: Metadata }[] = [];
  readonly #links: { readonly entry: Entry; readonly layer: number; readonly to: ByteText }[] = [];
  /** Of files that have further names: where they were put. */
  readonly #firsts = new Map<string, { readonly to: ByteText; readonly unit: SwapUnit }>();
  readonly #substitutes: Substitute[] = [];
  #carried: string[] = [];
  #carriedCount = 0;

  constructor(by: StageWith) {
    this.#by = by;
    this.#tools = by.tools;
  }

  async take(line: Line, unit: SwapUnit): Promise<void> {
    const { path, does, wanted } = line;
    const inside =
      path === unit.path ? ('' as ByteText) : (path.slice(unit.path === '' ? 0 : unit.path.length + 1) as ByteText);
    const to = joined(newIn(unit.holder, unit.name), inside);
    if (does === 'keep') return this.#keep(line, unit, inside, to);
    if (wanted === undefined) return; // it leaves with the old copy
    const { entry, layer } = wanted;
    if (entry.type === 'folder') return this.folder(to, metadataOf(entry));
    if (entry.type === 'link') {
      symlinkSync(toBytes(entry.target!), toPath(to));
      return setLinkMetadata(to, metadataOf(entry));
    }
    const first = entry.sameAs === undefined ? undefined : this.#firsts.get(linkKey(layer, entry.sameAs));
    if (first?.unit === unit) return void this.#links.push({ entry, layer, to });
    const key = linkKey(layer, path);
    if (this.#by.plan.firsts.has(key)) this.#firsts.set(key, { to, unit });
    this.#batch.push({ entry, layer, to });
    this.#batchBytes += entry.size;
    if (this.#batch.length >= BATCH) await this.#flush();
  }

  /** Private until all that is in it is there. */
  folder(to: ByteText, metadata: Metadata | undefined): void {
    mkdirSync(toPath(to), 0o700);
    if (metadata !== undefined) this.#folders.push({ to, metadata });
  }

  #keep({ present, isWhole }: Line, unit: SwapUnit, inside: ByteText, to: ByteText): void {
    if (inside === '' || present === undefined) return;
    this.#parents(unit, parentOf(inside));
    if (present.type === 'folder' && !isWhole) return this.folder(to, metadataNow(present));
    this.#carried.push(JSON.stringify([unit.path, inside]));
    this.#carriedCount += 1;
    if (this.#carried.length >= BATCH) this.#writeCarried();
  }

  /** Folders that leave, but are needed for what stays in them. */
  #parents(unit: SwapUnit, inside: ByteText): void {
    const to = joined(newIn(unit.holder, unit.name), inside);
    if (inside === '' || lstatSync(toPath(to), { throwIfNoEntry: false }) !== undefined) return;
    this.#parents(unit, parentOf(inside));
    const at = joined(unit.at, inside);
    this.folder(to, metadataNow(presentAt(inside, at)!));
  }

  #writeCarried(): void {
    if (this.#carried.length === 0) return;
    const { stateDir, uid } = this.#by;
    appendFileSync(carryFile(stateDir, uid), `${this.#carried.join('\n')}\n`, { mode: 0o600, flush: true });
    this.#carried = [];
  }

  async #flush(): Promise<void> {
    const files = this.#batch;
    this.#batch = [];
    const { substitutes, instead } = await fetchFiles(files, this.#by);
    for (const { entry, to } of files) setMetadata(to, metadataOf(instead.get(entry.path) ?? entry));
    this.#substitutes.push(...substitutes);
    this.#done += this.#batchBytes;
    this.#batchBytes = 0;
    this.#tools.progress({ phase: 'stage', bytes: this.#done, totalBytes: this.#by.plan.bytes });
  }

  async end(): Promise<Staged> {
    await this.#flush();
    const apart: FileWish[] = [];
    for (const { entry, layer, to } of this.#links) {
      const first = this.#firsts.get(linkKey(layer, entry.sameAs!))!;
      if (!isLinked(first.to, to)) apart.push({ entry, layer, to });
    }
    this.#batch = apart;
    await this.#flush();
    this.#writeCarried();
    for (const { to, metadata } of this.#folders.reverse()) setMetadata(to, metadata);
    return { substitutes: this.#substitutes, carried: this.#carriedCount };
  }
}

function isLinked(first: ByteText, to: ByteText): boolean {
  try {
    linkSync(toPath(first), toPath(to));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    return false; // no hard links here, or too many of them: it gets content of its own
  }
}
