// One folder from all backups that hold it: which snapshots are laid over each other, and which come when those do not do.
import { approvalOf } from '../approval.ts';
import { isDamage } from './list-damaged.ts';
import { isAtOrBelow } from './place.ts';
import type { ByteText } from '../byte-text.ts';
import type { Engine } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import { messageOf } from '../words.ts';

/** A policy that saves the folder. */
export interface Source {
  readonly policy: string;
  readonly isWhole: boolean;
  /** The preferred target first. */
  readonly engines: readonly Engine[];
}

/** A snapshot in one or more targets. */
export interface Found {
  readonly id: string;
  readonly startedAt: number;
  readonly source: Source;
  readonly copies: readonly { readonly engine: Engine; readonly snapshot: Snapshot }[];
}

/** Base first. Without a base the parts are laid over what is there. */
export interface Layers {
  readonly base: Found | undefined;
  readonly over: readonly Found[];
  /** The newest of them, by which it is known. */
  readonly top: Found;
}

/**
 * All good ones, newest first; what a restore put by, and what is partial, is none. Nor is a change that nobody agreed to:
 * it may be the very damage. What is left out is said.
 */
export async function foundIn(sources: readonly Source[], remarks: string[]): Promise<readonly Found[]> {
  const found = new Map<string, Found>();
  const open = new Set<string>();
  for (const source of sources)
    for (const engine of source.engines) {
      const snapshots = await listed(engine, source.policy, remarks);
      for (const snapshot of snapshots) {
        const { id, startedAt, trigger, status } = snapshot;
        if (trigger === 'safety' || status !== 'complete') continue;
        if (!isAgreed(snapshot)) {
          open.add(id);
          continue;
        }
        const known = found.get(id);
        const copy = { engine, snapshot };
        found.set(id, { id, startedAt, source, copies: known === undefined ? [copy] : [...known.copies, copy] });
      }
    }
  const all = [...found.values()].toSorted((one, other) => other.startedAt - one.startedAt);
  const good = all.filter(({ copies }) => copies.some(({ snapshot }) => snapshot.damaged.length === 0));
  for (const { id, copies } of all.filter((one) => !good.includes(one)))
    remarks.push(`${id} is damaged (${copies[0]!.snapshot.damaged[0]}): an older one is used`);
  for (const id of open) remarks.push(`${id} is left out: it saved a change that nobody agreed to`);
  return good;
}

const isAgreed = (snapshot: Snapshot): boolean => ['approved', undefined].includes(approvalOf(snapshot));

async function listed(engine: Engine, policy: string, remarks: string[]): Promise<readonly Snapshot[]> {
  try {
    const { snapshots, unreadable } = await engine.list(policy);
    remarks.push(...unreadable.map(({ path, why }) => `${path} is left out: ${why}`));
    return snapshots;
  } catch (error) {
    remarks.push(`${engine.name} is left out: ${messageOf(error)}`);
    return [];
  }
}

/** The folder as it was saved last up to `top`: the newest whole one, and the parts that are newer than it, oldest first. */
export function layersUpTo(top: Found, all: readonly Found[]): Layers {
  const upTo = all.filter(({ startedAt }) => startedAt <= top.startedAt);
  const base = upTo.find(({ source }) => source.isWhole);
  const over = new Map<string, Found>();
  for (const one of upTo) {
    if (one.source.isWhole || one.startedAt < (base?.startedAt ?? -Infinity)) continue;
    if (!over.has(one.source.policy)) over.set(one.source.policy, one);
  }
  return { base, over: [...over.values()].toSorted((one, other) => one.startedAt - other.startedAt), top };
}

/** The newest state that is not one of those to avoid; undefined: there is none left. */
export async function newestState(
  all: readonly Found[],
  avoid: readonly string[],
  folder: ByteText,
  remarks: string[] = [],
): Promise<Layers | undefined> {
  for (const top of all) {
    if (avoid.includes(top.id) || !(await holds(top, folder, remarks))) continue;
    return layersUpTo(top, all);
  }
  return undefined;
}

/** A policy that saves parts of everything may hold nothing of this folder. Of what nobody can read nothing is known to be there. */
async function holds({ copies }: Found, folder: ByteText, remarks: string[]): Promise<boolean> {
  for (const { engine, snapshot } of copies)
    try {
      for await (const { path, type } of engine.entries(snapshot))
        if (isAtOrBelow(path, folder) && (type !== 'folder' || path === folder)) return true;
      return false;
    } catch (error) {
      if (!isDamage(error)) throw error;
      remarks.push(`${messageOf(error)}: it is left out`);
    }
  return false;
}
