// Gathers the facts about one service; looks, and touches nothing.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Context, Resource } from 'realm-runner/plugin';
import { ended, lookAt } from './adopted.ts';
import { hasGrace } from './decide.ts';
import { endOf } from './end.ts';
import type { Facts, Life, Lost, Verdict } from './facts.ts';
import { judge } from './judge.ts';
import { readLife, readStopping } from './life.ts';
import { folderOf } from './places.ts';
import { printsOf } from './prints.ts';
import { readAsked, readHeard, readTrouble, readVerdict } from './rows.ts';
import type { ServiceSpec } from './spec.ts';
import { changedPaths } from './watch.ts';

/** null: it was never started. */
export function observe(want: Resource<ServiceSpec>, ctx: Context): Facts | null {
  const { name, spec } = want;
  const folder = folderOf(name, ctx);
  const life = readLife(folder);
  if (life === null) return null;
  const sight = lookAt(name, life, ctx);
  const isRunning = sight.state === 'running';
  const facts: Facts = {
    life,
    is: sight.state !== 'absent' ? sight.state : sight.mayStart ? 'pending' : 'none',
    pid: isRunning ? (life.adopted?.pid ?? sight.command?.pid ?? null) : null,
    end: sight.state === 'ended' ? endOf(sight.exit, want, life, ctx) : null,
    left: 0,
    stopping: readStopping(folder, life.token),
    ready: spec.ready === undefined ? runs(life) : (readVerdict('ready', name, life.token, ctx) ?? unsaid(life)),
    live: isMinded(spec) ? (readVerdict('live', name, life.token, ctx) ?? unsaid(life)) : unsaid(life),
    heard: readHeard(name, life.token, ctx),
    lost: lossesOf(want, ctx),
    asked: readAsked(name, ctx),
    logTrouble: readTrouble(name, ctx) ?? null,
    changedPaths: changedPaths(life.watched ?? {}, printsOf(spec.watch)),
    envFiles: digestsOf(spec.envFile),
  };
  const isCounted =
    facts.is !== 'running' &&
    ((facts.stopping !== null && hasGrace(facts.stopping, spec, ctx.now())) ||
      judge(want, facts, ctx.now()).step === 'none');
  if (!isCounted) return facts;
  return { ...facts, left: leftBehind(folder, life, ctx) };
}

/** Where nothing may be searched, as in `realm plan`, nothing is found; the pass of a daemon finds it. */
function leftBehind(dir: string, { token, adopted, follows = token }: Life, ctx: Context): number {
  if (adopted !== undefined) return 0;
  const of = (one: string): number => ctx.processes.members(ended(dir, one)).length;
  try {
    return of(token) + (follows === token ? 0 : of(follows));
  } catch {
    return 0;
  }
}

/** What a first start wants to know. */
export const unstarted = (want: Resource<ServiceSpec>, ctx: Context): Facts => ({
  ...nothing(want.spec),
  lost: lossesOf(want, ctx),
  asked: readAsked(want.name, ctx),
});

/** Nothing was ever started, and nothing is known. */
export const nothing = (spec: ServiceSpec): Facts => ({
  life: null,
  is: 'none',
  pid: null,
  end: null,
  left: 0,
  stopping: null,
  ready: { is: 'unsaid', why: '', since: 0 },
  live: { is: 'unsaid', why: '', since: 0 },
  heard: [],
  lost: [],
  asked: null,
  logTrouble: null,
  changedPaths: [],
  envFiles: digestsOf(spec.envFile),
});

const runs = ({ startedAt }: Life): Verdict => ({ is: 'yes', why: 'runs', since: startedAt });
const unsaid = ({ startedAt }: Life): Verdict => ({ is: 'unsaid', why: 'no probe has answered yet', since: startedAt });
/** A word of a probe that is no longer declared counts for nothing. */
const isMinded = ({ live, watchdog }: ServiceSpec): boolean => (live ?? watchdog) !== undefined;

/** What it comes after and minds the loss of. What nobody could look at is neither lost nor there. */
function lossesOf({ after }: Resource, ctx: Context): Lost[] {
  return after.flatMap(({ ref, until, onLoss }) => {
    if (onLoss === 'ignore') return [];
    const found = ctx.conditions(ref).find(({ type }) => type === until);
    if (found === undefined || found.status === 'Unknown') return [];
    return [{ ref, onLoss, isLost: found.status === 'False', since: found.since }];
  });
}

function digestsOf(paths: readonly string[]): Record<string, string | null> {
  const digest = (path: string): string | null => {
    try {
      if (!statSync(path).isFile()) return null; // a pipe waits for ever
      return createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 16);
    } catch {
      return null; // a start says what is wrong with it; until then it counts as it was
    }
  };
  return Object.fromEntries(paths.map((path) => [path, digest(path)]));
}
