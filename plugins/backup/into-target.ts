// One snapshot into one target: what is due there, what has changed since the newest, and who agreed to it.
import type { Context } from 'realm-runner/plugin';
import type { Agreement } from './approval.ts';
import { changedSince } from './changed.ts';
import { covers } from './due.ts';
import type { Engine, Tools, Trouble, WriteJob, Written } from './engine.ts';
import { newestGood, newestWhole, type TargetFacts } from './facts.ts';
import { lastRun, rememberRun } from './known-targets.ts';
import { factsOf } from './observe.ts';
import type { Policy } from './policy.ts';
import { prune } from './prune.ts';
import type { ChangeNote, Snapshot } from './snapshot.ts';
import { keepEntries } from './watched-entries.ts';
import { messageOf } from './words.ts';

/** What the run says of one target. */
export interface TargetAnswer {
  readonly target: string;
  readonly id: string | null;
  readonly status: 'complete' | 'partial' | 'failed' | 'covered';
  readonly files: number;
  readonly bytes: number;
  readonly copiedBytes: number;
  readonly removed: readonly string[];
  readonly troubles: readonly Trouble[];
  readonly why: string | null;
  readonly tookMs: number;
  /** Set when it saved a change of what is watched. */
  readonly change: ChangeNote | null;
}

/** What is the same for all targets of a run. */
export interface RunJob extends Pick<WriteJob, 'policy' | 'trigger' | 'slot' | 'tags' | 'acceptsLess' | 'dumps'> {
  readonly startedAt: number;
  /** Of policies that watch something, each snapshot says what has changed since the one before it. */
  readonly isWatched: boolean;
  readonly agreed: Agreement | undefined;
  /** The key under which people are asked when nobody has agreed; undefined: nobody has to. */
  readonly question: string | undefined;
}

const NOTHING = { id: null, files: 0, bytes: 0, copiedBytes: 0, removed: [], troubles: [], change: null } as const;

const FAR_LESS = 'far less than before, or nothing in one of the sources';

export const failedInto = (target: string, why: string, tookMs: number): TargetAnswer => ({
  target,
  ...NOTHING,
  status: 'failed',
  why,
  tookMs,
});

type Answered = Omit<TargetAnswer, 'tookMs'>;

/** How it ended is remembered on this side too: what is there is let go of only after a good run. */
export async function intoTarget(engine: Engine, job: RunJob, tools: Tools, ctx: Context): Promise<Answered> {
  const { name } = job.policy;
  try {
    const { answer, snapshots } = await saved(engine, job, tools, ctx);
    rememberRun(name, engine.name, { snapshots, failed: null }, ctx.paths.data);
    return answer;
  } catch (error) {
    const { snapshots = 0 } = lastRun(name, engine.name, ctx.paths.data) ?? {};
    if (!ctx.signal.aborted) rememberRun(name, engine.name, { snapshots, failed: messageOf(error) }, ctx.paths.data);
    throw error;
  }
}

/** `snapshots`: so many are there afterwards. */
async function saved(
  engine: Engine,
  job: RunJob,
  tools: Tools,
  ctx: Context,
): Promise<{ answer: Answered; snapshots: number }> {
  const { policy, trigger, slot, tags, startedAt, acceptsLess, dumps, isWatched } = job;
  const facts = { ...(await factsOf(engine, policy.name)), at: tools.now() };
  if (facts.is === 'ready' || facts.is === 'full') await tidy(engine, policy.name, tools);
  if (slot !== null && covers(facts, slot))
    return {
      answer: { target: engine.name, ...NOTHING, status: 'covered', why: 'it has one for this slot already' },
      snapshots: facts.snapshots.length,
    };
  const change = isWatched ? await changeIn(engine, policy, facts, job, ctx) : undefined;
  // Somebody else has saved it since it was noticed, as a revert does by itself.
  if (trigger === 'watch' && change?.phase === 'before' && newestGood(facts) !== undefined)
    return {
      answer: { target: engine.name, ...NOTHING, status: 'covered', why: 'nothing has changed since the newest' },
      snapshots: facts.snapshots.length,
    };
  const made = await written(
    engine,
    { policy, trigger, slot, tags, startedAt, acceptsLess, dumps, ...(change && { change }) },
    tools,
  );
  const { snapshot, troubles, copiedBytes } = made;
  if (isWatched && engine.kind === 'restic') await kept(engine, snapshot, tools, ctx);
  const { removed } = await prune(engine, policy, tools, {});
  const answer: Answered = {
    target: engine.name,
    id: snapshot.id,
    status: snapshot.status,
    files: snapshot.files,
    bytes: snapshot.bytes,
    copiedBytes,
    troubles: troubles.slice(0, 100),
    why: snapshot.isSuspicious ? `${FAR_LESS}; if that is right: realm backup run ${policy.name} --allow-shrink` : null,
    removed: removed.map(({ id }) => id),
    change: change?.phase === 'after' ? change : null,
  };
  return { answer, snapshots: facts.snapshots.length + 1 - answer.removed.length };
}

/** A new snapshot is worth more than what was removed: where there is no room, what lies longest in the trash goes for it. */
async function written(engine: Engine, job: WriteJob, tools: Tools): Promise<Written> {
  for (let most = 1; ; most *= 2) {
    try {
      return await engine.write(job, tools);
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'BACKUP_TARGET_FULL') throw error;
      const gone = await engine.emptyTrash(job.policy.name, tools, most);
      if (gone === 0) throw error;
      tools.say(`${engine.name} is full: ${gone} in the trash are gone for good`);
    }
  }
}

/** Without them everything counts as changed at the next look: one snapshot too many, and none too few. */
async function kept(engine: Engine, snapshot: Snapshot, tools: Tools, ctx: Context): Promise<void> {
  try {
    await keepEntries(engine, snapshot, ctx.paths.data);
  } catch (error) {
    tools.signal.throwIfAborted();
    tools.say(`what ${snapshot.id} holds cannot be kept on this side: ${messageOf(error)}`);
  }
}

/** What cannot be cleared away keeps nothing from being saved; the next run tries again. */
async function tidy(engine: Engine, policy: string, tools: Tools): Promise<void> {
  try {
    await engine.tidy(policy, tools);
  } catch (error) {
    tools.signal.throwIfAborted();
    tools.say(`${engine.name}: what is over its time could not be cleared away: ${messageOf(error)}`);
  }
}

/** Before the first change nothing is compared: that state is what the first one will be put back to. */
async function changeIn(
  engine: Engine,
  policy: Policy,
  facts: TargetFacts,
  { agreed, question }: RunJob,
  ctx: Context,
): Promise<ChangeNote> {
  const newest = newestWhole(facts);
  const paths = newest === undefined ? [] : await changedSince(policy, engine.entries(newest), ctx);
  const said = { approvedBy: agreed?.by, why: agreed?.why };
  if (paths.length === 0) return { phase: 'before', paths, other: undefined, ...said };
  const note = { phase: 'after' as const, paths: paths.slice(0, 100), other: newestGood(facts)?.id, ...said };
  return agreed === undefined && question !== undefined ? { ...note, question } : note;
}
