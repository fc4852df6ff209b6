// Takes one step of a recovery: what is about to happen is stored first, so that another life of the daemon goes on with it.
import { again, type Context, done, type Outcome } from 'realm-runner/plugin';
import { serviceOf } from '../derive.ts';
import type { Facts } from '../facts.ts';
import { restoreKey, undoKey } from '../observe.ts';
import type { Agent } from '../pulse.ts';
import { ago } from '../words.ts';
import { writeBundle } from './bundle.ts';
import type { Step } from './course.ts';
import { countFailure, failuresOf, isOver, nextId, type Recovery, type Try, writeRecovery } from './row.ts';

/** Runs, services and beats wake the agent; this is for the case that one is missed. */
export const LOOK_MS = 5_000;
const SOON_MS = 10;
/** So often it has failed to bring the agent back: it is not tried again by itself. */
export const POISON = 2;

export async function take(want: Agent, step: Step, facts: Facts, ctx: Context): Promise<Outcome> {
  const { recovery } = facts;
  if (step.do === 'nothing') return done;
  if (step.do === 'wait') return again(waitMs(step.at, ctx.now()), step.why);
  if (step.do === 'begin') return begin(want, step, facts, ctx);
  if (recovery === null) return done; // nothing else follows without one
  if (step.do === 'heard') return heard(want, recovery, ctx);
  const next = await taken(want, step, recovery, facts, ctx);
  if (next !== recovery) writeRecovery(want.name, next, ctx);
  return isOver(next) ? again(SOON_MS, next.phase) : again(SOON_MS, `recovery ${next.id}: ${next.phase}`);
}

const waitMs = (at: number | undefined, now: number): number =>
  Math.max(SOON_MS, Math.min(LOOK_MS, (at ?? Infinity) - now));

type Begin = Step & { readonly do: 'begin' };

/** Dead again soon after the last one: the count goes on, so that there is no circle. */
function begin({ name, ref, spec }: Agent, step: Begin, facts: Facts, ctx: Context): Outcome {
  const { recovery: last, beat } = facts;
  const now = ctx.now();
  const isSame =
    step.by === 'death' && last !== null && last.endedAt !== null && Math.abs(now - last.endedAt) < spec.coolDown;
  const one: Recovery = {
    id: nextId(last),
    home: spec.home,
    beganAt: now,
    why: step.why,
    by: step.by,
    from: step.from ?? spec.from ?? null,
    phase: 'stopping',
    since: now,
    attempts: isSame ? last.attempts : 0,
    tries: isSame ? diedAgain(last, now) : [],
    earlier: isSame ? last.tries.length : 0,
    lastBeat: beat?.at ?? null,
    endedAt: null,
    bundle: null,
    lost: 0,
  };
  const top = last?.phase === 'recovered' ? last.tries.at(-1)?.top : null;
  if (isSame && typeof top === 'string') countFailure(name, top, ctx);
  ctx.emit('agent.recoveryBegan', { ref, id: one.id, why: one.why, by: one.by, critical: spec.critical }, { ref });
  writeRecovery(name, one, ctx);
  return again(SOON_MS, `recovery ${one.id} begins: ${one.why}`);
}

/** What brought it back did not do so for long. */
const diedAgain = ({ tries, endedAt }: Recovery, now: number): readonly Try[] =>
  tries.map((one) =>
    one.outcome === 'recovered'
      ? { ...one, outcome: 'failed', why: `dead again after ${ago(now - (endedAt ?? now))}` }
      : one,
  );

function heard({ name, ref }: Agent, recovery: Recovery, ctx: Context): Outcome {
  const now = ctx.now();
  const told = { ref, id: recovery.id, attempts: recovery.attempts, snapshots: [], tookMs: now - recovery.beganAt };
  ctx.emit('agent.recovered', told, { ref });
  writeRecovery(name, { ...recovery, phase: 'recovered', endedAt: now }, ctx);
  return again(SOON_MS, 'it is heard again');
}

/** The row as it is after this step; the same one: nothing to store. */
async function taken(want: Agent, step: Step, one: Recovery, facts: Facts, ctx: Context): Promise<Recovery> {
  const now = ctx.now();
  switch (step.do) {
    case 'restore':
    case 'next':
      return one.phase === 'restoring' ? startRestore(want, one, ctx) : nextTry(withStays(one, facts), now);
    case 'again':
      return { ...one, lost: one.lost + 1 };
    case 'start':
      return started(want, one, facts, ctx);
    case 'fail':
      return failed(want, one, step.why, ctx);
    case 'take back': {
      const uid = one.tries.at(-1)!.uid!;
      await ctx.start({ action: 'backup.undo', key: undoKey(want.name, one), input: { uid }, forRef: want.ref });
      return one;
    }
    case 'recovered':
      return recovered(want, one, ctx);
    case 'escalate':
      return escalated(want, withStays(one, facts), step.why, ctx);
    default:
      return one;
  }
}

/** The run that was to take back what the last try restored has failed: that has to be said. */
const withStays = (one: Recovery, { run }: Facts): Recovery =>
  one.phase === 'clearing' && run?.isGood === false ? { ...one, tries: last(one, { stays: run.reason }) } : one;

const nextTry = (one: Recovery, now: number): Recovery => ({
  ...one,
  phase: 'restoring',
  since: now,
  attempts: one.attempts + 1,
  lost: 0,
  tries: [
    ...one.tries,
    {
      at: now,
      snapshots: [],
      top: null,
      uid: null,
      remarks: [],
      restoredAt: null,
      outcome: 'going',
      stays: null,
      why: null,
    },
  ],
});

/** Without backups it is only started anew, once. */
async function startRestore(want: Agent, one: Recovery, ctx: Context): Promise<Recovery> {
  const { name, ref, spec } = want;
  const avoid = avoided(name, one, ctx);
  if (ctx.find('backup') === undefined) return started(want, one, null, ctx);
  await ctx.start({
    action: 'backup.recover',
    key: restoreKey(name, one),
    input: { folder: spec.home, ...(one.from === null ? {} : { from: one.from }), avoid, keep: spec.keep },
    forRef: ref,
  });
  return one;
}

/** What failed in this recovery, and, where nobody asked for it, what has failed so often before that it is poison. */
export function avoided(
  name: string,
  { tries, earlier, by }: Pick<Recovery, 'tries' | 'earlier' | 'by'>,
  ctx: Pick<Context, 'rows'>,
): string[] {
  const failed = tries.slice(earlier).flatMap(({ top, outcome }) => (top !== null && outcome !== 'going' ? [top] : []));
  if (by !== 'death') return failed;
  const poison = Object.entries(failuresOf(name, ctx)).flatMap(([top, times]) => (times >= POISON ? [top] : []));
  return [...new Set([...failed, ...poison])];
}

const last = (one: Recovery, changes: Partial<Try>): Try[] =>
  one.tries.map((each, index) => (index === one.tries.length - 1 ? { ...each, ...changes } : each));

interface Answer {
  readonly ids: readonly string[];
  readonly top: string | null;
  readonly uid: string | null;
  readonly remarks: readonly string[];
}

function answerOf(output: unknown): Answer {
  const said = (typeof output === 'object' && output !== null ? output : {}) as Partial<Answer>;
  return { ids: said.ids ?? [], top: said.top ?? null, uid: said.uid ?? null, remarks: said.remarks ?? [] };
}

async function started(want: Agent, one: Recovery, facts: Facts | null, ctx: Context): Promise<Recovery> {
  const { ref } = want;
  const { ids, top, uid, remarks } = answerOf(facts?.run?.output);
  if (top === null && one.attempts > 1)
    return failed(want, { ...one, tries: last(one, { remarks }) }, remarks[0] ?? 'no older snapshot is left', ctx);
  const now = ctx.now();
  if (top !== null) ctx.emit('agent.restored', { ref, id: one.id, snapshots: ids, remarks }, { ref });
  await askStart(want, one, ctx);
  return {
    ...one,
    phase: 'starting',
    since: now,
    tries: last(one, { snapshots: ids, top, uid, remarks, restoredAt: now }),
  };
}

/** A service that failed again and again waits for minutes before its next start: this one is wished for. */
async function askStart({ name, ref }: Agent, { id, attempts, phase }: Recovery, ctx: Context): Promise<void> {
  const key = `agent/${name} ${id} start ${phase} ${attempts}#`;
  const input = { refs: [serviceOf(name)], why: `recovery ${id}` };
  await ctx.start({ action: 'services.restart', key, input, forRef: ref });
  for (let waits = 0; waits < 100 && (ctx.runs(key, 1)[0]?.endedAt ?? null) === null; waits++) await ctx.sleep(SOON_MS);
}

function failed({ name, ref }: Agent, one: Recovery, why: string, ctx: Context): Recovery {
  const { top = null } = one.tries.at(-1) ?? {};
  if (top !== null) countFailure(name, top, ctx);
  ctx.emit('agent.tryFailed', { ref, id: one.id, attempt: one.attempts, snapshot: top, why }, { ref });
  return { ...one, phase: 'clearing', since: ctx.now(), lost: 0, tries: last(one, { outcome: 'failed', why }) };
}

function recovered({ ref }: Agent, one: Recovery, ctx: Context): Recovery {
  const now = ctx.now();
  const { snapshots = [] } = one.tries.at(-1) ?? {};
  const tookMs = Math.max(0, now - one.beganAt);
  ctx.emit(
    'agent.recovered',
    { ref, id: one.id, attempts: one.attempts, snapshots, tookMs },
    { ref, durationMs: tookMs },
  );
  return { ...one, phase: 'recovered', since: now, endedAt: now, tries: last(one, { outcome: 'recovered' }) };
}

/** What was there before is back, and runs again; a person is told, with all there is to know. */
async function escalated(want: Agent, one: Recovery, why: string, ctx: Context): Promise<Recovery> {
  const { ref, spec } = want;
  const now = ctx.now();
  const ended: Recovery = { ...one, phase: 'escalated', since: now, endedAt: now };
  const bundle = writeBundle(want, ended, why, ctx);
  await askStart(want, one, ctx);
  const about = { ref, id: one.id, why, attempts: one.attempts, bundle, critical: spec.critical };
  ctx.emit('agent.escalated', about, { ref, durationMs: Math.max(0, now - one.beganAt) });
  return { ...ended, bundle };
}
