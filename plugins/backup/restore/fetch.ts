// Brings the content of files out of snapshots; what is damaged in one is taken from another, and that is said.
import { nextTurn, RealmError } from 'realm-runner/plugin';
import { type ByteText, shown, toPath } from '../byte-text.ts';
import { readers } from '../tree/readers.ts';
import type { Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import type { Candidate, Choice } from './choose.ts';
import { nameOfLayer } from './plan.ts';

export interface FileWish {
  readonly entry: Entry;
  readonly layer: number;
  readonly to: ByteText;
}

/** A file that came from elsewhere than planned. `isExact`: with the very content; else as it was in an older snapshot. */
export interface Substitute {
  readonly path: ByteText;
  readonly from: string;
  readonly isExact: boolean;
}

export interface Fetched {
  readonly substitutes: readonly Substitute[];
  /** By path: the entry of what was written instead. */
  readonly instead: ReadonlyMap<ByteText, Entry>;
}

export interface FetchWith {
  readonly layers: readonly Choice[];
  /** Default `older`: a damaged file may come in the state of an older snapshot. */
  readonly onDamage: 'older' | 'refuse';
  /** Told of files that are nowhere to be had, before it throws. */
  readonly onLost?: ((paths: readonly ByteText[]) => void) | undefined;
  readonly tools: Tools;
}

/** Throws BACKUP_DAMAGED when a file is nowhere to be had. */
export async function fetchFiles(files: readonly FileWish[], by: FetchWith): Promise<Fetched> {
  const bad: (FileWish & { readonly why: string })[] = [];
  for (const [layer, choice] of by.layers.entries()) {
    const wished = files.filter((file) => file.layer === layer);
    if (wished.length === 0) continue;
    const why = await extracted(choice, wished, by.tools);
    for (const file of wished) {
      const reason = why.get(file.entry.path);
      if (reason !== undefined) bad.push({ ...file, why: reason });
    }
    const written = wished.filter(({ entry }) => !why.has(entry.path));
    const faults = await readBack(written, by.tools);
    for (const [index, file] of written.entries()) {
      const reason = faults[index];
      if (typeof reason === 'string') bad.push({ ...file, why: reason });
    }
  }
  return bad.length === 0 ? { substitutes: [], instead: new Map() } : substituted(bad, by);
}

async function extracted(
  { engine, snapshot }: Candidate,
  files: readonly FileWish[],
  tools: Tools,
): Promise<Map<string, string>> {
  const wanted = files.map(({ entry, to }) => ({ entry, to: toPath(to) }));
  const { damaged } = await engine.extract(snapshot, wanted, tools);
  return new Map(damaged.map(({ path, why }) => [path, why]));
}

const PORTION = 256;
/** Threads are worth their start beyond these. */
const MANY = 5_000;
const LARGE_BYTES = 64 << 20;

/** Of each file, in order: why what was written is not what should have been; null: it is. */
async function readBack(files: readonly FileWish[], { signal }: Tools): Promise<readonly (string | null)[]> {
  const bytes = files.reduce((sum, { entry }) => sum + entry.size, 0);
  const threads = readers(files.length > MANY || bytes > LARGE_BYTES);
  const running: Promise<readonly (string | null)[]>[] = [];
  try {
    for (let at = 0; at < files.length; at += PORTION) {
      await nextTurn(); // without threads all of it would be one turn, in which nobody hears that it is to end
      signal.throwIfAborted();
      const portion = files.slice(at, at + PORTION).map(({ entry, to }) => ({ at: to, sha256: entry.sha256 }));
      const one = threads.run({ do: 'read back', files: portion });
      one.catch(() => {}); // heard when its turn comes
      running.push(one);
      await running.at(-2 * threads.count); // so many under way are enough
    }
    return (await Promise.all(running)).flat();
  } finally {
    await Promise.allSettled(running);
    await threads.close();
  }
}

type Bad = FileWish & { readonly why: string };

async function substituted(bad: readonly Bad[], by: FetchWith): Promise<Fetched> {
  const substitutes: Substitute[] = [];
  const instead = new Map<ByteText, Entry>();
  for (const [layer, choice] of by.layers.entries()) {
    let left = bad.filter((file) => file.layer === layer);
    const older = choice.others.filter(({ snapshot }) => snapshot.startedAt <= choice.snapshot.startedAt);
    for (const isExact of [true, false]) {
      if (!isExact && by.onDamage === 'refuse') continue;
      for (const other of isExact ? choice.others : older) {
        if (left.length === 0) break;
        const done = await tryOther(left, other, isExact, by.tools);
        for (const { path, entry } of done) {
          instead.set(path, entry);
          substitutes.push({ path, from: nameOfLayer(other), isExact });
          by.tools.say(`${shown(path)} is damaged in ${choice.snapshot.id}: ${said(other, isExact)}`);
        }
        left = left.filter((file) => !instead.has(file.entry.path));
      }
    }
    if (left.length === 0) continue;
    by.onLost?.(left.map(({ entry }) => entry.path));
    throw lost(left, choice);
  }
  return { substitutes, instead };
}

const said = (other: Candidate, isExact: boolean): string =>
  isExact
    ? `the same content is taken from ${nameOfLayer(other)}`
    : `its older state is taken from ${nameOfLayer(other)}`;

async function tryOther(
  files: readonly Bad[],
  other: Candidate,
  isExact: boolean,
  tools: Tools,
): Promise<{ path: ByteText; entry: Entry }[]> {
  const byPath = new Map(files.map((file) => [file.entry.path, file]));
  const found: FileWish[] = [];
  try {
    for await (const entry of other.engine.entries(other.snapshot)) {
      const file = byPath.get(entry.path);
      if (file === undefined || entry.type !== 'file') continue;
      if (isExact && (entry.sha256 === undefined || entry.sha256 !== file.entry.sha256)) continue;
      found.push({ ...file, entry });
    }
    if (found.length === 0) return [];
    const why = await extracted(other, found, tools);
    const written = found.filter((file) => !why.has(file.entry.path));
    const faults = await readBack(written, tools);
    return written.filter((_file, index) => faults[index] === null).map(({ entry }) => ({ path: entry.path, entry }));
  } catch (error) {
    tools.say(`${nameOfLayer(other)} cannot be used: ${(error as Error).message}`);
    return [];
  }
}

function lost(files: readonly Bad[], choice: Choice): RealmError {
  const [first] = files;
  const rest = files.length > 1 ? `, and ${files.length - 1} more` : '';
  const which = `${shown(first!.entry.path)} (${first!.why})${rest}`;
  return new RealmError('BACKUP_DAMAGED', `${nameOfLayer(choice)} is damaged and no other snapshot has it: ${which}`, {
    hint: 'restore the rest with --path, or an older snapshot with --id',
  });
}
