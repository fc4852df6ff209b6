// Makes one snapshot: walks, lets restic save, reads back what it wrote, and commits by the tags that say how it went.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import type { Entry } from '../entry.ts';
import type { Tools, Trouble, WriteJob, Written } from '../engine.ts';
import { parted } from '../owner.ts';
import type { Root } from '../policy.ts';
import { isMeasure, isShrunken, RootsSeen } from '../shrunken.ts';
import { type Found, walk } from '../tree/walk.ts';
import { begun, ended, sizesOf } from './begun.ts';
import { asSaved, entriesIn, nodesIn } from './entries.ts';
import { identity, look } from './look.ts';
import { scratchFor } from './scratch.ts';
import type { Place } from './place.ts';
import { packs, readBack } from './read-back.ts';
import { census, isCommitted, type Known, rewrite, snapshotOf } from './repository.ts';
import { lost, save } from './save.ts';
import { entriesOf, withRealParent } from './sources.ts';
import type { Facts } from './tags.ts';

/** Throws BACKUP_TARGET_UNREADABLE when there is no repository to write to, or another than before. */
export async function write(place: Place, job: WriteJob, tools: Tools): Promise<Written> {
  const folder = scratchFor(place.scratch, 'in');
  try {
    return await written(place, job, folder, tools);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function written(place: Place, job: WriteJob, folder: string, tools: Tools): Promise<Written> {
  const { timed, tookMs } = stopwatch(tools);
  const { policy } = job;
  await timed('open', () => opened(place, tools));
  const before = (await census(place.restic, policy.name)).known;
  const whose = before.map((one) => ({ one, host: one.host, realm: one.facts.realm }));
  const own = parted(whose, place.owner).own.map(({ one }) => one);
  const parent = own.findLast((one) => isCommitted(one) && one.facts.damaged.length === 0);
  const interrupted = own.findLast(({ facts, host }) => facts.status === undefined && host === policy.host);
  const roots = rootsOf(job);
  const facts = begun(job, roots, join(folder, 'entries.jsonl'), tools);
  const { found, troubles, isFolderLost } = await timed('walk', () => walked(job, roots));

  const packsBefore = await packs(place);
  const what = { folder, found, facts, parent: interrupted ?? parent, host: policy.host };
  const saved = await timed('copy', () => save(place, what, tools));
  const after = (await census(place.restic, policy.name)).known;
  const made = after.find(({ facts: { uid } }) => uid === facts.uid) ?? nothingMade(place);
  const kept = await keptOf(place, made, found);
  const all = [...troubles, ...lost(found, new Set(kept.map(({ path }) => path)), saved.errors)];
  const isWhole = policy.verifyAfterRun === 'all' || (parent?.facts.verifiedAt ?? null) === null;
  const read = await timed('verify', () => readBack(place, made, { isWhole, packsBefore }, tools));
  const isPartial = isFolderLost || all.filter(({ what: is }) => is !== 'special').length > policy.tolerate;
  const isSuspicious = await isLess(place, job, kept, own);
  const outcome = {
    kept,
    isPartial,
    isSuspicious,
    parent: parent?.facts,
    readBytes: read.isWhole ? Infinity : saved.addedBytes,
  };
  const taken = after.filter(isCommitted).map(({ facts: { label } }) => label);
  const snapshot = await timed('commit', () => committed(place, made, ended(facts, outcome, { taken, tools }), tools));
  return {
    snapshot: snapshotOf(snapshot, place.restic.name),
    troubles: all,
    copiedBytes: saved.addedBytes,
    linkedFiles: saved.unchangedFiles,
    tookMs,
    resumedFiles: interrupted === undefined ? 0 : saved.unchangedFiles,
  };
}

function stopwatch(tools: Tools): {
  timed: <T>(phase: string, work: () => Promise<T> | T) => Promise<T>;
  tookMs: Readonly<Record<string, number>>;
} {
  const tookMs: Record<string, number> = {};
  const timed = async <T>(phase: string, work: () => Promise<T> | T): Promise<T> => {
    const from = tools.now();
    tools.progress({ phase });
    const result = await work();
    tookMs[phase] = tools.now() - from;
    return result;
  };
  return { timed, tookMs };
}

async function opened(place: Place, tools: Tools): Promise<void> {
  const { is, why, id } = await look(place);
  if (is === 'missing' || is === 'foreign') {
    throw new RealmError('BACKUP_TARGET_UNREADABLE', `nothing is written to ${place.restic.name}: ${why}`);
  }
  if (id !== undefined) place.remember?.(id);
  if (is !== 'new') return;
  tools.step('backup.target:before');
  await place.restic.run(['init'], { signal: tools.signal });
  const made = await identity(place);
  if ('id' in made) place.remember?.(made.id);
  tools.step('backup.target:after');
  tools.say(`made the repository ${place.restic.name}`);
}

function rootsOf({ policy, dumps }: WriteJob): readonly Root[] {
  const dumped: Root[] = dumps === undefined ? [] : [{ from: dumps, as: '@dumps', include: undefined, exclude: [] }];
  return [...policy.roots, ...dumped].map(withRealParent);
}

function walked(
  { policy }: WriteJob,
  roots: readonly Root[],
): { found: readonly Found[]; troubles: readonly Trouble[]; isFolderLost: boolean } {
  const troubles: Trouble[] = [];
  let isFolderLost = false;
  const trouble = (one: Trouble, isFolder: boolean): void => {
    troubles.push(one);
    isFolderLost ||= isFolder;
  };
  const found = [...walk({ roots, never: policy.never, trouble })];
  return { found, troubles, isFolderLost };
}

async function isLess(
  place: Place,
  { policy, trigger, acceptsLess }: WriteJob,
  kept: readonly Entry[],
  own: readonly Known[],
): Promise<boolean> {
  const before = own.findLast(({ facts: { status = 'partial', ...rest } }) => isMeasure({ ...rest, status }));
  if (before === undefined || trigger === 'safety' || acceptsLess === true) return false;
  if (isShrunken(sizesOf(kept), before.facts, policy.shrinkAlarm)) return true;
  const seen = new RootsSeen(policy.roots);
  for (const entry of kept) seen.see(entry);
  return seen.isAnyEmptied(() => entriesIn(place, before));
}

/** What is really in the snapshot of all that was found. */
async function keptOf(place: Place, made: Known, found: readonly Found[]): Promise<readonly Entry[]> {
  const nodes = await nodesIn(place, made.resticId);
  return entriesOf(found).flatMap((entry) => asSaved(entry, made, nodes));
}

async function committed(place: Place, made: Known, facts: Facts, tools: Tools): Promise<Known> {
  tools.step('backup.commit:before');
  const known = await rewrite(place.restic, made, () => facts);
  tools.step('backup.commit:after');
  return known;
}

function nothingMade({ restic }: Place): never {
  throw new RealmError(
    'BACKUP_RESTIC_FAILED',
    `restic said that all went well, and ${restic.name} has no new snapshot`,
  );
}
