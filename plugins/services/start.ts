// Starts a service once: settles what became of the last start, looks who has its ports, remembers, starts.
import { join } from 'node:path';
import {
  again,
  blocked,
  type Context,
  done,
  type Identity,
  type Outcome,
  type ProcessHandle,
  type Resource,
} from 'realm-runner/plugin';
import { gripOn, taken } from './adopted.ts';
import { argvOf } from './argv.ts';
import { type Decision, nextUnstable } from './decide.ts';
import { environmentOf } from './environment.ts';
import type { Facts, Life, Meaning } from './facts.ts';
import { lengthOf } from './last-lines.ts';
import { forgetFollowed, writeLife } from './life.ts';
import { lostTokens } from './lost.ts';
import { obstacleOf } from './obstacle.ts';
import { dayOf } from './log/pieces.ts';
import { piped } from './log/pipe.ts';
import { turnOver } from './log/rotate.ts';
import { folderOf, logOf } from './places.ts';
import { readTrouble } from './rows.ts';
import type { ServiceSpec } from './spec.ts';
import { tellEnded, tellStarted } from './tell.ts';
import { printsOf } from './prints.ts';

export const SWEEP_AGAIN_MS = 20;

/** To be called only by the pass that holds the ref, with facts it has just gathered: nothing else keeps copies apart. */
export async function start(
  want: Resource<ServiceSpec>,
  facts: Facts,
  decision: Decision,
  meaning: Meaning,
  ctx: Context,
): Promise<Outcome> {
  const { name, spec } = want;
  const folder = folderOf(name, ctx);
  const leftover = await leftoverOf(want, facts, decision, ctx);
  if (leftover.why !== undefined) return again(SWEEP_AGAIN_MS, leftover.why);
  const newLife = lifeOf(want, facts, decision, meaning, ctx);
  const found = facts.life === null ? findAgain(want, newLife, ctx) : undefined;
  if (found !== undefined) return found;
  const stranger = taken(name, ctx);
  if (stranger !== undefined) return adopt(want, stranger, newLife, ctx);
  const obstacle = obstacleOf(spec, ctx.paths.root);
  if (obstacle !== undefined) {
    const wasOurs = leftover.follows !== undefined && ctx.processes.signal(leftover.follows, 'SIGKILL') > 0;
    return wasOurs ? again(SWEEP_AGAIN_MS, obstacle) : blocked(obstacle);
  }
  if (readTrouble(name, ctx) !== undefined)
    turnOver(logOf(name, ctx), { sizeBytes: spec.log.size, keep: spec.log.keep, today: dayOf(ctx.now()) });
  const env = environmentOf(name, spec, ctx); // may throw, before anything is written
  const { follows } = leftover;
  const life = {
    ...newLife,
    ...(follows === undefined ? {} : { follows: follows.token }),
  };
  writeLife(folder, life);
  const starting = ctx.processes.start({
    dir: folder,
    argv: spec.log.pipe ? piped(argvOf(spec), join(folder, 'output')) : argvOf(spec),
    cwd: spec.cwd,
    env,
    token: life.token,
    log: logOf(name, ctx),
    ...(follows === undefined ? {} : { follows }),
  });
  // While the shells are at work, and before the next end may be what was told last.
  const [handle] = await Promise.all([starting, told(want, facts, ctx)]);
  tellStarted(want, life, handle.command?.pid ?? handle.shim?.pid ?? 0, ctx);
  if (handle.unswept === undefined) forgetFollowed(folder, life.token);
  return done;
}

const told = async (want: Resource<ServiceSpec>, facts: Facts, ctx: Context): Promise<void> =>
  tellEnded(want, facts, ctx);

/** It runs although its folder was taken away: that is this life, and the folder is written again. */
function findAgain({ name }: Resource<ServiceSpec>, life: Life, ctx: Context): Outcome | undefined {
  const folder = folderOf(name, ctx);
  const handles = lostTokens(name, ctx).map((token) => ctx.processes.adopt(folder, token));
  const found = handles.find(({ exit }) => exit === undefined);
  if (found !== undefined) {
    writeLife(folder, { ...life, token: found.token, because: 'it was found running, and its folder was gone' });
    return done;
  }
  // Without its shim nobody would hear of its end, and there must not be two.
  for (const handle of handles) ctx.processes.signal(handle, 'SIGKILL');
  return handles.length > 0 ? again(SWEEP_AGAIN_MS, 'what an earlier life left running is being killed') : undefined;
}

/** Nothing is started: a process that a person named is this life. */
function adopt(want: Resource<ServiceSpec>, adopted: Identity, life: Life, ctx: Context): Outcome {
  const because = `adopted process ${adopted.pid}`;
  writeLife(folderOf(want.name, ctx), { ...life, because, adopted });
  tellStarted(want, { ...life, because }, adopted.pid, ctx);
  return done;
}

interface Leftover {
  /** Why it cannot be started yet. */
  readonly why?: string;
  /** To be searched for what it left behind while the next one is on its way. */
  readonly follows?: ProcessHandle;
}

/**
 * The last start may still be on its way: that is settled here, for ever. And what the last life left behind would be a
 * second copy, and may sit on its port: it is killed. Searching takes milliseconds; where a restart is urgent, that happens
 * while the shells are at work that start the next one.
 */
async function leftoverOf(
  { name, spec }: Resource<ServiceSpec>,
  { life, end }: Facts,
  { reason }: Decision,
  ctx: Context,
): Promise<Leftover> {
  if (life === null || life.adopted !== undefined) return {};
  const handle = ctx.processes.adopt(folderOf(name, ctx), life.token);
  if (handle.exit === undefined) return { why: 'an earlier start was on its way' };
  if (handle.neverStarted && life.follows === undefined) return {};
  const isUrgent = reason === 'Exited' && end !== null && nextUnstable(spec, life, end, ctx.now()) <= 1;
  if (isUrgent && life.follows === undefined) return { follows: handle };
  const found = await gripOn(name, life, ctx).sweep();
  return found === 0 ? {} : { why: `${found} processes that the last one left behind are being killed` };
}

function lifeOf(
  want: Resource<ServiceSpec>,
  facts: Facts,
  { why, reason }: Decision,
  meaning: Meaning,
  ctx: Context,
): Life {
  const { life, end, asked, lost } = facts;
  const now = ctx.now();
  const isOwnEnd = life !== null && end !== null && (reason === 'Exited' || reason === 'CrashLoop');
  const isRepeat = life !== null && end === null; // the last start never happened
  return {
    token: tokenAt(now, ctx),
    startedAt: now,
    because: isRepeat ? life.because : why,
    meaning,
    unstable: isOwnEnd ? nextUnstable(want.spec, life, end, now) : isRepeat ? life.unstable : 0,
    logFrom: lengthOf(logOf(want.name, ctx)),
    restarts: life === null ? 0 : isRepeat ? life.restarts : life.restarts + 1,
    asked: asked?.at ?? null,
    ...(want.spec.watch.length === 0 ? {} : { watched: printsOf(want.spec.watch) }),
    found: Object.fromEntries(lost.map(({ ref, since }) => [ref, since])),
  };
}

/** Letters and digits, never the same twice. */
const tokenAt = (now: number, ctx: Context): string =>
  `s${now.toString(36)}${Math.floor(ctx.random() * 2 ** 52).toString(36)}`;
