// Gathers the facts about one agent; looks, and touches nothing.
import { lstatSync, statSync } from 'node:fs';
import type { Context, StandingCondition } from 'realm-runner/plugin';
import { serviceOf } from './derive.ts';
import type { Asked, Facts, RunFacts, ServiceFacts } from './facts.ts';
import { type Agent, agentsOf, type Pulse, stateIn } from './pulse.ts';
import { readToken } from './token.ts';
import { isGoing, readRecovery, recoveries, type Recovery } from './recovery/row.ts';
import { spokenOf, wordOf } from './word.ts';

type Conditions = readonly StandingCondition[];
/** Reasons of Stalled that say nothing about the service itself. */
const HELD = /^(Override|Review|ApprovalNeeded|Removal|StoreFull|ObserveOnly|Blocked)$/;

export function observe(want: Agent, pulse: Pulse, ctx: Context): Facts {
  const { name, ref, spec } = want;
  const { beat, mute } = pulse.look(want, ctx);
  const recovery = readRecovery(name, ctx);
  const conditions = ctx.conditions(serviceOf(name));
  return {
    service: serviceFacts(conditions, ref),
    beat,
    mute,
    home: homeIs(spec.home),
    isLink: isLink(spec.home),
    isTaken: isTaken(want, pulse, ctx),
    everHeard: beat !== null,
    unheardSince: pulse.unheardSince(name),
    listeningSince: pulse.listeningSince(ctx.now()),
    leftAloneUntil: pulse.leftAloneUntil(name),
    freeSince: freeSince(want, ctx),
    was: stateIn(ctx.conditions(ref)),
    recovery,
    run: recovery === null ? null : runOf(name, recovery, pulse, ctx),
    asked: readAsked(name, ctx),
    word: wordOf(want, spokenOf(ctx)),
    hasToken: spec.heartbeat?.token === true && readToken(name, ctx) !== null,
  };
}

export const readAsked = (name: string, { rows }: Pick<Context, 'rows'>): Asked | null =>
  (rows.get(`asked/${name}`) as Asked | undefined) ?? null;
export const writeAsked = (name: string, asked: Asked, { rows }: Pick<Context, 'rows'>): void =>
  rows.set(`asked/${name}`, asked);

/** What cannot be looked at (a share that does not answer, rights) is not known to be gone. */
function homeIs(home: string): Facts['home'] {
  try {
    return statSync(home).isDirectory() ? 'there' : 'no folder';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP') return 'no folder';
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'there';
  }
}

function isLink(home: string): boolean {
  try {
    return lstatSync(home).isSymbolicLink();
  } catch {
    return false; // `homeIs` says what is there
  }
}

function isTaken({ spec }: Agent, pulse: Pulse, ctx: Context): boolean {
  const others = recoveries(ctx).filter(({ one }) => isGoing(one) && one.home === spec.home);
  if (others.length === 0) return false;
  const declared = new Set(agentsOf(ctx).map(({ name }) => name));
  return others.some(({ name, one }) => !declared.has(name) && runOf(name, one, pulse, ctx)?.isOver === false);
}

const find = (conditions: Conditions, type: string): StandingCondition | undefined =>
  conditions.find((one) => one.type === type);
const isTrue = (one: StandingCondition | undefined): one is StandingCondition => one?.status === 'True';

/** `agent`: the one whose word its service waits for. */
export function serviceFacts(conditions: Conditions, agent: string): ServiceFacts {
  const [ready, started] = [find(conditions, 'Ready'), find(conditions, 'Started')];
  const failure = failureIn(conditions);
  const isStill = !isTrue(started) && !isTrue(find(conditions, 'Progressing'));
  return {
    isRunning: isTrue(started),
    isDown: isStill && (isKeptBy(ready, agent) || failure?.isForGood === true),
    startedAt: isTrue(started) ? started.since : null,
    downSince: started?.status === 'False' ? started.since : null,
    isReady: isTrue(ready),
    readySince: isTrue(ready) ? ready.since : null,
    failed: failure?.why ?? null,
    failedSince: failure?.since ?? null,
    waitsFor: ready?.reason === 'Waiting' || ready?.reason === 'DependencyLost' ? ready.message : null,
  };
}

/** It was looked at since the agent said that it must not run, and does not. */
const isKeptBy = (ready: StandingCondition | undefined, agent: string): boolean =>
  (ready?.reason === 'Waiting' && ready.message.includes(`${agent} to be started`)) ||
  (ready?.reason === 'DependencyLost' && ready.message === `${agent} was lost`);

interface Failure {
  readonly why: string;
  readonly since: number;
  /** Nothing starts it again by itself, so that it waits for nobody. */
  readonly isForGood: boolean;
}

function failureIn(conditions: Conditions): Failure | null {
  const [loop, stalled, completed] = ['CrashLoop', 'Stalled', 'Completed'].map((type) => find(conditions, type));
  const said = ({ message, since }: StandingCondition, what: string, isForGood = true): Failure => ({
    why: `its service ${what}${message.split(/\n|; starts again/)[0]}`,
    since,
    isForGood,
  });
  if (isTrue(loop)) return said(loop, '', false);
  if (isTrue(stalled) && !HELD.test(stalled.reason)) return said(stalled, 'failed: ');
  return isTrue(completed) ? said(completed, '') : null;
}

function freeSince({ after }: Agent, ctx: Context): number | null {
  let since = 0;
  for (const { ref, until } of after) {
    const conditions = ctx.conditions(ref);
    const found = find(conditions, until) ?? (until === 'Started' ? find(conditions, 'Ready') : undefined);
    if (!isTrue(found)) return null;
    since = Math.max(since, found.since);
  }
  return since;
}

/** Disabled, or of another host: the kernel says so of its Ready, and nothing that is found here counts. */
export const isNotOurs = ({ reason }: Pick<StandingCondition, 'reason'>): boolean =>
  reason === 'Disabled' || reason === 'Elsewhere';

export const restoreKey = (name: string, { id, attempts, lost }: Recovery): string =>
  `agent/${name} ${id} restore ${attempts}.${lost}#`;
export const undoKey = (name: string, { id, attempts, lost }: Recovery): string =>
  `agent/${name} ${id} undo ${attempts}.${lost}#`;

function runOf(name: string, recovery: Recovery, pulse: Pulse, ctx: Context): RunFacts | null {
  const { phase } = recovery;
  if (phase !== 'restoring' && phase !== 'clearing') return null;
  const found = ctx.runs((phase === 'restoring' ? restoreKey : undoKey)(name, recovery), 1)[0];
  if (found === undefined) return null;
  const { id, state, endedAt, reason, output } = found;
  const isGood = state === 'succeeded';
  return {
    id,
    isOver: endedAt !== null,
    isGood,
    isCutOff: state === 'lost' || (state === 'cancelled' && (endedAt ?? 0) < (pulse.listeningSince(ctx.now()) ?? 0)),
    reason: isGood ? '' : `${state}${reason === null ? '' : `: ${reason}`}`,
    output,
  };
}
