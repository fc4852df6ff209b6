// Makes one snapshot: guard, lease, stage, pass, seal, barrier, fence, commit. A crash anywhere leaves the old or the new.
import { lstatSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import { fromText } from '../byte-text.ts';
import type { Tools, WriteJob, Written } from '../engine.ts';
import { labelOf } from '../label.ts';
import { type Owner, parted } from '../owner.ts';
import { isMeasure, isShrunken, RootsSeen } from '../shrunken.ts';
import type { Snapshot } from '../snapshot.ts';
import { barrier } from '../barrier.ts';
import { commit, pointLatest } from './commit.ts';
import { Emitter, type Tally } from './emit.ts';
import { readEntries } from './entries-file.ts';
import { Gatherer } from './gather.ts';
import { ENTRIES, JOURNAL, partialFolder, policyFolder, STAGE } from './layout.ts';
import { type Lease, takeLease } from './lease.ts';
import { listPolicy, policyPlace } from './list.ts';
import { makeLasting } from './made.ts';
import { addNotes } from './notes.ts';
import type { Job } from './order.ts';
import { dataOf, parentOf, wayOf } from './parent.ts';
import { NoRoom, pass } from './pass.ts';
import { finishFolders } from './place.ts';
import { recordOf } from './remember.ts';
import { snapshotOf } from './record.ts';
import { seal } from './seal.ts';
import { clearStage, openStage, readJournal, type Stage } from './stage.ts';
import { sweep } from './sweep.ts';
import { type Identity, openTarget, roomIn, type TargetOptions } from './target.ts';
import { uidOf } from './uid.ts';
import { sealOf } from './verify.ts';
import { walk } from './walk.ts';
import { watchOf } from './watch.ts';

export interface WriteOptions extends TargetOptions {
  /** Default: one for each core, at most 8. */
  readonly threads?: number;
  /** Half the time after which a run that shows no life loses its turn. Default 5 min. */
  readonly leaseMs?: number;
  /** A change so shortly before the run may not show in the times of a file. Default 2 s: some filesystems count so. */
  readonly racyMs?: number;
  /** `copy`: nothing is shared between snapshots. Default `auto`: as the filesystem can. */
  readonly links?: 'auto' | 'copy' | undefined;
  /** Snapshots of others are nothing to build on. Undefined: all are ours. */
  readonly owner?: Owner | undefined;
}

/** Paths that are named of a snapshot that is damaged. */
const MOST_NAMED = 20;
const RACY_MS = 2000;
const MOST_THREADS = 8;

/** Throws BACKUP_TARGET_UNREADABLE, BACKUP_TARGET_FULL, BACKUP_BUSY or BACKUP_FAILED; and why it was cancelled. */
export async function write(options: WriteOptions, job: WriteJob, tools: Tools): Promise<Written> {
  try {
    return await written(options, job, tools);
  } catch (error) {
    if (error instanceof RealmError || tools.signal.aborted) throw error;
    const { path } = options;
    const { message } = error as Error;
    if (isFull(error))
      throw new RealmError('BACKUP_TARGET_FULL', `${path} has no room for it: ${message}`, { cause: error });
    throw new RealmError('BACKUP_FAILED', `${path}: ${message}`, { cause: error });
  }
}

const isFull = (error: unknown): boolean =>
  error instanceof NoRoom || ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');

async function written(options: WriteOptions, job: WriteJob, tools: Tools): Promise<Written> {
  const { policy } = job;
  const identity = openTarget(options, tools);
  makeLasting(policyPlace(options.path, policy.name));
  const lease = takeLease(options.path, `write-${policy.name}`, tools, policy.host, options.leaseMs);
  const uid = uidOf(tools);
  try {
    return await new Writing(options, job, tools, { identity, lease, uid }).run();
  } finally {
    letGo(lease, tools);
  }
}

/** What was made is made: a lease that cannot be given back is that of a dead process soon. */
function letGo(lease: Lease, tools: Tools): void {
  try {
    lease.release();
  } catch (error) {
    tools.say(`the turn at the target could not be given back: ${(error as Error).message}`);
  }
}

interface Turn {
  readonly identity: Identity;
  readonly lease: Lease;
  readonly uid: string;
}

class Writing {
  readonly #options: WriteOptions;
  readonly #job: WriteJob;
  readonly #tools: Tools;
  readonly #turn: Turn;
  #isFolderLost = false;

  constructor(options: WriteOptions, job: WriteJob, tools: Tools, turn: Turn) {
    this.#options = options;
    this.#job = job;
    this.#tools = tools;
    this.#turn = turn;
  }

  async run(): Promise<Written> {
    const { path } = this.#options;
    const { name, host } = this.#job.policy;
    try {
      const stage = openStage(path, name, this.#turn.uid, host, this.#tools);
      return await this.#make(stage, parted(listPolicy(path, name).snapshots, this.#options.owner).own);
    } catch (error) {
      if (isFull(error)) this.#giveBack();
      throw error;
    }
  }

  /** A target that is full gets its room back; after anything else it is left for the next start to go on with. */
  #giveBack(): void {
    const folder = partialFolder(this.#options.path, this.#job.policy.name, this.#turn.uid);
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      this.#tools.say(`what was written could not be taken away: ${(error as Error).message}`);
    }
  }

  async #make(stage: Stage, snapshots: readonly Snapshot[]): Promise<Written> {
    const { path } = this.#options;
    const { policy } = this.#job;
    const tools = this.#tools;
    const watch = watchOf(tools);
    const { startedAt = tools.now() } = this.#job;
    const parent = parentOf(snapshots);
    const seen = new RootsSeen(policy.roots);
    const emitter = await this.#pass(stage, parent, seen);
    watch.lap('copy');
    tools.step('backup.seal:before');
    const digests = emitter.close();
    if (stage.isResumed && sweep(stage.folder) > 0) tools.say('what an interrupted run had left over was taken away');
    const record = recordOf(this.#job, {
      uid: this.#turn.uid,
      startedAt,
      endedAt: tools.now(),
      parent,
      isSuspicious: await this.#isSuspicious(emitter.tally, seen, snapshots),
      emitter,
      isFolderLost: this.#isFolderLost,
      tookMs: watch.laps(),
    });
    if (parent !== undefined) this.#tellDamage(parent, emitter.tally.damagedParent);
    const anchor = seal(stage.folder, record, emitter.tally, digests);
    tools.step('backup.seal:after');
    watch.lap('seal');
    tools.progress({ phase: 'sync' });
    tools.step('backup.barrier:before');
    this.#turn.lease.beat();
    clearStage(stage.folder);
    await barrier([fromText(stage.folder)]);
    tools.step('backup.barrier:after');
    watch.lap('sync');
    tools.signal.throwIfAborted();
    const label = labelOf(policy.label, this.#job.slot ?? startedAt, policy.zone);
    const got = commit(path, policy.name, stage.folder, label, this.#turn.lease, tools);
    const folder = join(policyFolder(path, policy.name), got);
    this.#remember(folder, anchor);
    pointLatest(path, policy.name, got, tools);
    const { tally, troubles } = emitter;
    return {
      snapshot: snapshotOf(record, { path: folder, label: got, anchor }),
      troubles,
      copiedBytes: tally.copiedBytes,
      linkedFiles: tally.takenFiles,
      tookMs: watch.laps(),
      resumedFiles: tally.resumedFiles,
    };
  }

  /** What was read of the snapshot before and is not as it was saved: known of it from now on. */
  #tellDamage({ id, uid }: Snapshot, damaged: readonly string[]): void {
    if (damaged.length === 0) return;
    const paths = damaged.slice(0, MOST_NAMED).map((path) => `data/${path}`);
    this.#tools.say(`${id} is damaged, and is not built upon there: ${paths.join(', ')}`);
    this.#note(uid, [{ note: 'damaged-too', at: this.#tools.now(), paths }]);
  }

  async #isSuspicious(tally: Tally, seen: RootsSeen, snapshots: readonly Snapshot[]): Promise<boolean> {
    const { policy, trigger, acceptsLess } = this.#job;
    const before = snapshots.findLast(isMeasure);
    if (before === undefined || trigger === 'safety' || acceptsLess === true) return false;
    if (isShrunken(tally, before, policy.shrinkAlarm)) return true;
    return seen.isAnyEmptied(() => readEntries(join(before.path, ENTRIES)));
  }

  async #pass(stage: Stage, parent: Snapshot | undefined, seen: RootsSeen): Promise<Emitter> {
    const { policy, dumps } = this.#job;
    const { lease } = this.#turn;
    const job = this.#jobFor(stage, parent);
    const emitter = new Emitter(stage.folder, job);
    const before = parent === undefined ? [][Symbol.iterator]() : readEntries(join(parent.path, ENTRIES));
    const gatherer = new Gatherer(before, readJournal(join(stage.folder, JOURNAL)));
    const roots = [...policy.roots];
    if (dumps !== undefined) roots.push({ from: dumps, as: '@dumps', include: undefined, exclude: [] });
    const sources = walk({
      roots,
      never: [...policy.never, this.#options.path],
      trouble: (trouble, isFolder) => {
        this.#isFolderLost ||= isFolder;
        emitter.trouble(trouble);
      },
    });
    try {
      const folders = await pass({
        sources: seen.seeing(sources),
        gatherer,
        emitter,
        job,
        lease,
        tools: this.#tools,
        threads: this.#options.threads ?? Math.min(availableParallelism(), MOST_THREADS),
        room: roomIn(this.#options),
        total: parent,
      });
      finishFolders(folders, job);
    } catch (error) {
      emitter.abandon();
      throw error;
    } finally {
      gatherer.close();
    }
    return emitter;
  }

  #jobFor(stage: Stage, parent: Snapshot | undefined): Job {
    const { policy } = this.#job;
    const { mtimeNs } = lstatSync(join(stage.folder, STAGE), { bigint: true });
    const owner = process.geteuid?.() === 0 ? { uid: 0, gid: process.getegid?.() ?? 0 } : undefined;
    return {
      to: dataOf(stage.folder),
      parent: parent === undefined ? undefined : dataOf(parent.path),
      takeOver: wayOf(this.#turn.identity.can, this.#options.links),
      readsAll: policy.verifyAfterRun === 'all',
      racyFromNs: String(mtimeNs - BigInt(this.#options.racyMs ?? RACY_MS) * 1_000_000n), // by the clock of the filesystem
      mayReplace: stage.isResumed,
      umask: process.umask(),
      owner,
    };
  }

  /** A copy of the small tag files beside it, so that damage of them can be told and healed. */
  #remember(folder: string, anchor: string): void {
    this.#note(this.#turn.uid, [sealOf(folder, anchor)]);
  }

  #note(uid: string, notes: Parameters<typeof addNotes>[2]): void {
    this.#tools.step('backup.note:before');
    try {
      addNotes(this.#options.path, uid, notes);
    } catch (error) {
      this.#tools.say(`nothing can be kept beside the snapshot: ${(error as Error).message}`);
    }
    this.#tools.step('backup.note:after');
  }
}
