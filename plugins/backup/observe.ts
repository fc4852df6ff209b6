// Looks at a policy: what lies in its targets, what is going on, what failed, and whether watched files have changed.
import type { Context, RunView } from 'realm-runner/plugin';
import { changedSince } from './changed.ts';
import { canBeRead, type Engine } from './engine.ts';
import { isFuture } from './future.ts';
import { lastRun } from './known-targets.ts';
import { type Facts, newestWhole, type RunFacts, type TargetFacts, type Work } from './facts.ts';
import { type Backup, policyOf, zoneOf } from './policies.ts';
import type { Snapshot } from './snapshot.ts';
import { enginesOf } from './targets.ts';
import { keptEntries } from './watched-entries.ts';
import { messageOf } from './words.ts';

export async function observe(want: Backup, ctx: Context): Promise<Facts> {
  const engines = await enginesOf(want, ctx);
  const targets = await lookAtTargets(want, ctx, engines);
  const runs = ctx.runs(keyPrefix(want.name), 200).map(runFacts);
  return {
    zone: zoneOf(want.spec, ctx),
    targets,
    going: runs.find(({ endedAt }) => endedAt === null) ?? null,
    failed: failedOf(ctx.runs(keyPrefix(want.name), 200)),
    changed: await changed(want, engines, targets, ctx),
    answers: ctx.questions.list(`${want.name} `).filter(({ state }) => state !== 'waiting'),
  };
}

/** Starts no program: a repository is as its last run left it. */
export async function lookAtTargets(
  want: Backup,
  ctx: Context,
  engines?: readonly Engine[],
): Promise<readonly TargetFacts[]> {
  const all = engines ?? (await enginesOf(want, ctx));
  return Promise.all(all.map((engine) => lookAt(engine, want, ctx)));
}

async function lookAt(engine: Engine, want: Backup, ctx: Context): Promise<TargetFacts> {
  const seen = await looked(engine, want, ctx);
  const { failed = null } = lastRun(want.name, engine.name, ctx.paths.data) ?? {};
  return failed === null ? seen : { ...seen, failed };
}

async function looked(engine: Engine, { name }: Backup, ctx: Context): Promise<TargetFacts> {
  if (engine.kind === 'restic') return rememberedOf(engine, name, ctx);
  try {
    return seenAt(await factsOf(engine, name), ctx.now());
  } catch (error) {
    const nothing = { usedPercent: null, snapshots: [], unreadable: [] };
    return { name: engine.name, is: 'missing', why: messageOf(error), ...nothing };
  }
}

/** With the time only where it matters: what is seen must not be another state at each look. */
function seenAt(target: TargetFacts, at: number): TargetFacts {
  const isOdd = target.snapshots.some(
    ({ startedAt, slot, verifications }) =>
      isFuture(Math.min(slot ?? startedAt, startedAt), at) || verifications.some((one) => isFuture(one.at, at)),
  );
  return isOdd ? { ...target, at } : target;
}

/** Throws what the target says when it cannot be listed. */
export async function factsOf(engine: Engine, policy: string): Promise<TargetFacts> {
  const { is, why, usedPercent, id } = await engine.look();
  const isRead = canBeRead(is);
  const { snapshots, unreadable } = isRead ? await engine.list(policy) : { snapshots: [], unreadable: [] };
  return {
    name: engine.name,
    is,
    why,
    usedPercent: usedPercent === null ? null : Math.round(usedPercent),
    ...(id === undefined ? {} : { id }),
    snapshots,
    unreadable: unreadable.map((one) => `${one.path}: ${one.why}`),
  };
}

/** What a run said at its end of a target that only a program can look at. */
export interface Remembered {
  readonly policy?: string;
  readonly targets: readonly TargetFacts[];
}

/** Looking must not start programs: a repository is as the last run found it. */
export function rememberedOf(engine: Engine, name: string, ctx: Context): TargetFacts {
  const byHand = ctx.runs('manual:backup.', 50).filter(({ output }) => (output as Remembered | null)?.policy === name);
  const runs = [...ctx.runs(keyPrefix(name), 50), ...byHand];
  for (const { output } of runs.toSorted((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0))) {
    const found = (output as Remembered | null)?.targets?.find((one) => one.name === engine.name);
    if (found !== undefined) return seenAt(found, ctx.now());
  }
  return {
    name: engine.name,
    is: 'new',
    why: 'no run has looked at it',
    usedPercent: null,
    snapshots: [],
    unreadable: [],
  };
}

async function changed(
  want: Backup,
  engines: readonly Engine[],
  targets: readonly TargetFacts[],
  ctx: Context,
): Promise<readonly string[]> {
  if (want.spec.watch === undefined) return [];
  const index = targets.findIndex((target) => newestWhole(target) !== undefined);
  const newest: Snapshot | undefined = index === -1 ? undefined : newestWhole(targets[index]!);
  if (newest === undefined) return [];
  const engine = engines[index]!;
  const entries = engine.kind === 'restic' ? keptEntries(newest, ctx.paths.data) : engine.entries(newest);
  return changedSince(await policyOf(want, ctx), entries, ctx);
}

// Keys of runs: `backup/daily <work> <purpose> #<try>`.

export const keyPrefix = (name: string): string => `backup/${name} `;
export const keyOf = (name: string, work: Work, purpose: string, attempt: number | ''): string =>
  `${keyPrefix(name)}${work} ${purpose} #${attempt}`;
const KEY = /^backup\/\S+ (run|approve|prune|verify|drill) (.*) #(\d+)$/s;

function runFacts({ id, key, startedAt, endedAt, reason }: RunView): RunFacts {
  const [, work = 'run', , attempt = '1'] = KEY.exec(key) ?? [];
  return { id, key, what: work as Work, startedAt, endedAt, reason: reason ?? '', tries: Number(attempt) };
}

export const triesOf = (key: string): number => Number(KEY.exec(key)?.[3] ?? 1);
export const purposeOf = (key: string): string => KEY.exec(key)?.[2] ?? key;

/** The newest of each purpose, where that one failed. */
function failedOf(runs: readonly RunView[]): readonly RunFacts[] {
  const newest = new Map<string, RunView>();
  for (const run of runs) if (!newest.has(purposeOf(run.key))) newest.set(purposeOf(run.key), run);
  return [...newest.values()]
    .filter(({ state }) => state === 'failed' || state === 'lost' || state === 'cancelled')
    .map(runFacts);
}
