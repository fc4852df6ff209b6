// A restore: what is there is saved, the new is staged and verified beside it, and swapped in so that it can be taken back.
import { statfsSync } from 'node:fs';
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, shown, toPath } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import { barrier } from '../barrier.ts';
import { type Course, enter, forward, makeFolder, missingAbove, syncNames } from './course.ts';
import type { FetchWith, Substitute } from './fetch.ts';
import { holderIn, nameOf, parentOf } from './holder.ts';
import { isUnderWay, readJournals, type SwapJournal, type SwapUnit } from './journal.ts';
import { metadataNow, metadataOf, setMetadata } from './metadata.ts';
import { isAtOrBelow } from './place.ts';
import { nameOfLayer, type RestorePlan } from './plan.ts';
import { clear, purgeOne, takeBackWhole } from './recover.ts';
import { type Safety, type Saved, replacedBy, saveFirst } from './safety.ts';
import { ownId } from '../maker.ts';
import { stage } from './stage.ts';

/** Who works with what is restored. `isHealthy`: true, or what is wrong. */
export interface Owner {
  stop(): Promise<void>;
  start(): Promise<void>;
  isHealthy(): Promise<true | string>;
}

export interface RestoreOptions {
  /** Where the journal lies: a folder of the plugin, on a disk that survives. */
  readonly stateDir: string;
  readonly owner?: Owner | undefined;
  /** Where what is there now is saved first; undefined: it is only kept aside. */
  readonly safety?: Safety | undefined;
  /** Default `older`: a file that is damaged everywhere in this state may come in an older one. */
  readonly onDamage?: 'older' | 'refuse';
  readonly onLost?: FetchWith['onLost'];
  /** How long the old copy is kept for an undo. Default 24 h. */
  readonly keepMs?: number;
}

export interface Restored {
  /** For `undo`. */
  readonly uid: string;
  readonly snapshots: readonly string[];
  readonly files: number;
  readonly bytes: number;
  readonly counts: RestorePlan['counts'];
  readonly substitutes: readonly Substitute[];
  readonly safety: string | undefined;
  /** Why what was there is in no snapshot, and only kept aside. */
  readonly unsaved: string | undefined;
  /** ms; undefined: there was nothing before, so nothing can be undone. */
  readonly undoUntil: number | undefined;
  readonly tookMs: number;
}

const DAY = 24 * 60 * 60 * 1000;
const RESERVE = 16 * 1024 * 1024;

/**
 * Throws BACKUP_RESTORE_REFUSED or BACKUP_DAMAGED before anything is touched, BACKUP_RESTORE_FAILED when it was touched and
 * taken back.
 */
export async function restore(plan: RestorePlan, options: RestoreOptions, tools: Tools): Promise<Restored> {
  try {
    return await restored(plan, options, tools);
  } catch (error) {
    if (error instanceof RealmError || tools.signal.aborted) throw error;
    throw new RealmError('BACKUP_RESTORE_FAILED', (error as Error).message, {
      hint: 'what it had begun is finished or taken back before the next restore: realm backup restore, or undo',
      cause: error,
    });
  }
}

async function restored(plan: RestorePlan, options: RestoreOptions, tools: Tools): Promise<Restored> {
  const startedAt = tools.now();
  const course: Course = { stateDir: options.stateDir, step: (point) => tools.step(point) };
  refuseOverlap(plan, options.stateDir);
  refuseWithoutRoom(plan);
  const isChange = plan.units.length > 0 || plan.opened.some((line) => line.does !== 'same');
  const saved = await saveFirst(isChange ? replacedBy(plan) : [], options.safety, tools);
  let journal = journalOf(plan, options, saved, tools);
  if (!isChange) return restoredBy(plan, journal, saved, [], tools.now() - startedAt);
  await options.owner?.stop();
  let substitutes: readonly Substitute[];
  try {
    journal = enter(journal, 'staging', course);
    ({ substitutes } = await staged(plan, journal, options, tools));
  } catch (error) {
    clear(journal, course);
    await options.owner?.start();
    if (error instanceof RealmError || tools.signal.aborted) throw error;
    throw new RealmError('BACKUP_RESTORE_FAILED', `nothing was changed: ${(error as Error).message}`, { cause: error });
  }
  journal = await swapped(journal, options, course, tools);
  const restored = restoredBy(plan, journal, saved, substitutes, tools.now() - startedAt);
  if (restored.undoUntil === undefined) purgeOne(journal, course);
  return restored;
}

function restoredBy(
  plan: RestorePlan,
  { uid, snapshots, safety, units, opened, isInPlace, keepUntil }: SwapJournal,
  { unsaved }: Saved,
  substitutes: readonly Substitute[],
  tookMs: number,
): Restored {
  const { files, bytes, counts } = plan;
  const isUndoable = isInPlace ? units.length + opened.length > 0 : units.some((unit) => unit.hasOld);
  const undoUntil = isUndoable ? keepUntil : undefined;
  return { uid, snapshots, files, bytes, counts, substitutes, safety, unsaved, undoUntil, tookMs };
}

async function staged(
  plan: RestorePlan,
  journal: SwapJournal,
  options: RestoreOptions,
  tools: Tools,
): Promise<{ substitutes: readonly Substitute[] }> {
  for (const folder of journal.made) makeFolder(folder);
  for (const holder of journal.holders) makeFolder(holder);
  const units = new Map(journal.units.map((unit) => [unit.path, unit]));
  const { stateDir, onDamage = 'older', onLost } = options;
  const done = await stage({ plan, units, stateDir, uid: journal.uid, layers: plan.layers, onDamage, onLost, tools });
  const leads = new Map(plan.leads.map((line) => [line.at, line.wanted!.entry]));
  for (const folder of journal.made.toReversed()) {
    const entry = leads.get(folder);
    setMetadata(
      folder,
      entry === undefined ? { ...ownFolder(), mtimeNs: String(BigInt(tools.now()) * 1_000_000n) } : metadataOf(entry),
    );
  }
  tools.progress({ phase: 'sync' });
  await barrier(journal.holders);
  syncNames(journal);
  tools.signal.throwIfAborted(); // the last moment in which nothing was changed
  return done;
}

const ownFolder = (): { mode: number; uid: number; gid: number } => ({
  mode: 0o755,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
});

async function swapped(
  staging: SwapJournal,
  { owner }: RestoreOptions,
  course: Course,
  tools: Tools,
): Promise<SwapJournal> {
  tools.progress({ phase: 'swap' });
  let journal = staging;
  try {
    journal = enter(journal, 'swapping', course);
    forward(journal, course);
    if (owner !== undefined) {
      await owner.start();
      const health = await owner.isHealthy();
      if (health !== true) throw new Error(`what was restored does not come to life: ${health}`);
    }
    return enter(journal, 'done', course);
  } catch (error) {
    await owner?.stop();
    takeBackWhole(enter(journal, 'taking-back', course), course);
    await owner?.start();
    throw new RealmError(
      'BACKUP_RESTORE_FAILED',
      `${journal.snapshots.join(' and ')} was restored and taken back: ${(error as Error).message}`,
      { hint: 'try an older one with --id; `realm backup list` shows them', cause: error },
    );
  }
}

function journalOf(plan: RestorePlan, options: RestoreOptions, saved: Saved, tools: Tools): SwapJournal {
  const uid = uidOf(options.stateDir, tools);
  const at = tools.now();
  const units = plan.units.map(({ path, at, hasNew, hasOld }): SwapUnit => {
    return { path, at, hasNew, hasOld, holder: holderIn(parentOf(at), uid), name: nameOf(at) };
  });
  const { snapshot } = plan.layers.at(-1)!;
  return {
    version: 1,
    uid,
    stage: 'staging',
    owner: ownId(),
    at,
    keepUntil: at + (options.keepMs ?? DAY),
    policies: [...new Set(plan.layers.map((layer) => layer.snapshot.policy))],
    snapshots: plan.layers.map(nameOfLayer),
    safety: saved.id,
    units,
    opened: plan.opened.map(({ at, wanted, present }) => ({
      at,
      now: metadataOf(wanted!.entry),
      before: metadataNow(present!),
    })),
    made: [...new Set(units.flatMap((unit) => missingAbove(unit.at)))],
    holders: [...new Set(units.map((unit) => unit.holder))],
    roots: snapshot.roots ?? plan.wish.roots,
    appendOnly: plan.wish.appendOnly ?? [],
    isInPlace: plan.destination.isInPlace,
  };
}

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
function uidOf(stateDir: string, tools: Tools): string {
  const uid = Array.from({ length: 16 }, () => LETTERS[Math.floor(tools.random() * LETTERS.length)]).join('');
  return readJournals(stateDir).some((other) => other.uid === uid) ? uidOf(stateDir, tools) : uid;
}

function refuseOverlap(plan: RestorePlan, stateDir: string): void {
  for (const other of readJournals(stateDir)) {
    if (other.stage === 'done' || other.stage === 'undone') continue;
    const both = other.units.find((one) =>
      plan.units.some(({ at }) => isAtOrBelow(at, one.at) || isAtOrBelow(one.at, at)),
    );
    if (both === undefined) continue;
    const what = isUnderWay(other)
      ? `under way (process ${other.owner.pid})`
      : 'interrupted, and not yet finished or undone';
    throw new RealmError('BACKUP_RESTORE_REFUSED', `another restore of ${shown(both.at)} is ${what}`, {
      hint: 'let it end; an interrupted one is settled at the next start of a restore',
    });
  }
}

/** A whole second copy has to fit beside what is there. */
function refuseWithoutRoom(plan: RestorePlan): void {
  const needed = new Map<string, { bytes: number; free: number; at: ByteText }>();
  for (const { at, bytes } of plan.units) {
    const above = missingAbove(at)[0] ?? at;
    const folder = parentOf(above) || ('/' as ByteText);
    const { bavail, bsize, type, files } = statfsSync(toPath(folder));
    const key = `${type}:${files}:${bsize}:${bavail}`; // of one filesystem all of these are the same
    const sum = needed.get(key)?.bytes ?? 0;
    needed.set(key, { bytes: sum + bytes, free: bavail * bsize, at: folder });
  }
  for (const { bytes, free, at } of needed.values()) {
    if (bytes + Math.min(RESERVE, bytes) <= free) continue;
    throw new RealmError(
      'BACKUP_RESTORE_REFUSED',
      `${shown(at)} has ${free} bytes free, and a second copy takes ${bytes}`,
      {
        hint: 'make room, restore less with --path, or elsewhere with --to',
      },
    );
  }
}
