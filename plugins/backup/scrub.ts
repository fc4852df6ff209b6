// Reading everything that is kept again and again, slice by slice, so that no byte stays unread for longer than is promised.
import type { Engine, Tools } from './engine.ts';
import { isFuture } from './future.ts';
import type { Snapshot, Verification } from './snapshot.ts';

const HOUR_MS = 3_600_000;
const MOST_SLICES = 30;

/** So many slices a snapshot is read in: one a day for the usual month. */
export const slicesWithin = (withinMs: number): number =>
  Math.min(MOST_SLICES, Math.max(1, Math.floor(withinMs / HOUR_MS)));

/** One slice of one snapshot; ms. */
export interface Slot {
  readonly snapshot: Snapshot;
  readonly n: number;
  /** When it was last read; as a whole snapshot, or by itself. */
  readonly readAt: number;
  /** A step before the time is over, so that a day without power breaks no promise. */
  readonly dueAt: number;
}

/** When a snapshot as a whole was read; long ago when a clock that was wrong says so. */
function wholeAt({ verifiedAt, endedAt }: Snapshot, now: number): number {
  const at = verifiedAt ?? endedAt;
  return isFuture(at, now) ? 0 : at;
}

/**
 * Each slice is due again a step before the time is over. Those that were read at once, as a whole, come one after the other
 * a step apart: from then on reading is spread evenly.
 */
export function slotsOf(snapshot: Snapshot, withinMs: number, now: number): readonly Slot[] {
  const of = slicesWithin(withinMs);
  const stepMs = withinMs / (of + 1);
  const whole = wholeAt(snapshot, now);
  const parts = (snapshot.slices ?? []).filter((one) => one[1] === of && !isFuture(one[2], now));
  const own = new Map(parts.map(([n, , at]) => [n, at]));
  return Array.from({ length: of }, (_, n) => {
    const alone = own.get(n);
    if (alone !== undefined && alone >= whole) return { snapshot, n, readAt: alone, dueAt: alone + of * stepMs };
    return { snapshot, n, readAt: whole, dueAt: whole + (n + 1) * stepMs };
  });
}

/** Since when every byte of it is known to be well: the oldest reading of any slice, ms. */
export const readSince = (snapshot: Snapshot, withinMs: number, now: number): number =>
  Math.min(...slotsOf(snapshot, withinMs, now).map(({ readAt }) => readAt));

/** What is known to be damaged is told as that, and is no longer waited for. */
const slotsOfAll = (snapshots: readonly Snapshot[], withinMs: number, now: number): readonly Slot[] =>
  snapshots.filter(({ damaged }) => damaged.length === 0).flatMap((one) => slotsOf(one, withinMs, now));

/** The slice whose turn is first; undefined: there is none. */
export const nextSlice = (snapshots: readonly Snapshot[], withinMs: number, now: number): Slot | undefined =>
  slotsOfAll(snapshots, withinMs, now).toSorted((one, other) => one.dueAt - other.dueAt)[0];

/** What is due, and what will be within half a step: fewer runs read as much. Slice by slice, oldest snapshot first. */
export function dueSlots(snapshots: readonly Snapshot[], withinMs: number, now: number): readonly Slot[] {
  const soon = now + withinMs / (slicesWithin(withinMs) + 1) / 2;
  const due = slotsOfAll(snapshots, withinMs, now).filter(({ dueAt }) => dueAt <= soon);
  return due.toSorted((one, other) => one.n - other.n || one.snapshot.startedAt - other.snapshot.startedAt);
}

export interface Scrubbed {
  readonly slices: number;
  /** The newest of each snapshot that was read; those that are not good first. */
  readonly found: readonly { readonly snapshot: Snapshot; readonly verification: Verification }[];
}

/** Reads what is due. What a snapshot shares with the one read just before it, under the same name, is read once. */
export async function scrub(engine: Engine, policy: string, withinMs: number, tools: Tools): Promise<Scrubbed> {
  const { snapshots } = await engine.list(policy);
  const due = dueSlots(snapshots, withinMs, tools.now());
  const of = slicesWithin(withinMs);
  const found = new Map<string, Scrubbed['found'][number]>();
  let before: { readonly n: number; readonly snapshot: Snapshot } | undefined;
  for (const [done, { snapshot, n }] of due.entries()) {
    tools.progress({ phase: 'scrub', done, total: due.length });
    const beside = before?.n === n ? before.snapshot : undefined;
    const verification = await engine.verify(snapshot, 'content', tools, { n, of, beside });
    before = verification.isGood ? { n, snapshot } : undefined;
    const known = found.get(snapshot.uid);
    if (known?.verification.isGood !== false) found.set(snapshot.uid, { snapshot, verification });
  }
  const all = [...found.values()];
  return { slices: due.length, found: all.sort((one, other) => +one.verification.isGood - +other.verification.isGood) };
}
