// How a service stands, in conditions: the standard ones, and Started, Completed and CrashLoop for those that come after it.
import type { Condition, Resource } from 'realm-runner/plugin';
import { type Decision, isLooping } from './decide.ts';
import type { Facts } from './facts.ts';
import { DELETED } from './log/deleted.ts';
import { restartOf, type ServiceSpec } from './spec.ts';

type Status = Condition['status'];
type Said = Pick<Decision, 'reason' | 'why'>;
const is = (type: string, status: boolean, { reason, why }: Said, since?: number | null): Condition => ({
  type,
  status: (status ? 'True' : 'False') satisfies Status,
  reason,
  message: why,
  // Of a life that follows at once nobody else would notice that it is another one.
  ...(status && typeof since === 'number' ? { since } : {}),
});

export function conditionsOf(
  { spec, awaited }: Resource<ServiceSpec>,
  facts: Facts,
  decision: Decision,
  now: number,
): Condition[] {
  const { phase } = decision;
  const isOnce = spec.type === 'once';
  const isReady = isOnce ? phase === 'completed' : phase === 'running';
  const startedAt = facts.life?.startedAt;
  const endedAt = facts.end?.at ?? startedAt;
  const isUp = facts.is === 'running' && facts.stopping === null;
  const isLate = phase === 'waiting' || phase === 'crashlooping';
  return [
    is('Ready', isReady, decision, isOnce ? endedAt : Math.max(facts.ready.since, startedAt ?? 0)),
    is('Progressing', phase === 'starting' || phase === 'stopping' || (isOnce && phase === 'running'), decision),
    ...(isLate ? [is('Degraded', true, withLastWords(decision, facts))] : []),
    ...(phase === 'failed' ? [is('Stalled', true, withLastWords(decision, facts))] : []),
    is('Started', isUp, isUp ? { ...decision, why: startOf(facts) } : decision, startedAt),
    is('Completed', phase === 'completed', decision, endedAt),
    is('CrashLoop', isInLoop(spec, facts, phase, now), decision),
    ...logTroubles(facts),
    ...awaited
      .filter((until) => until.startsWith('Log '))
      .map((until) => is(until, facts.is === 'running' && facts.heard.includes(until), decision, startedAt)),
  ];
}

/** `restart 2: exit 1`: what happened last, however long ago. */
function startOf({ life }: Facts): string {
  if (life === null) return '';
  return life.restarts === 0 ? life.because : `restart ${life.restarts}: ${life.because}`;
}

function logTroubles({ logTrouble }: Facts): Condition[] {
  if (logTrouble === null) return [];
  if (logTrouble === DELETED) return [is('LogLost', true, { reason: 'LogDeleted', why: DELETED })];
  return [is('LogGrows', true, { reason: 'NotRotated', why: `its log is not rotated: ${logTrouble}` })];
}

/** From the fifth short life on until one of them lasts, also while it runs for a moment. */
function isInLoop(spec: ServiceSpec, { life, is: how }: Facts, phase: Decision['phase'], now: number): boolean {
  if (phase === 'crashlooping') return true;
  if (life === null || how !== 'running') return phase === 'starting' && isLooping(life);
  return isLooping(life) && now < life.startedAt + restartOf(spec).stableAfter;
}

/** With the end of its log, when it failed. */
function withLastWords({ reason, why }: Decision, { end }: Facts): Pick<Decision, 'reason' | 'why'> {
  if (end === null || end.lines.length === 0) return { reason, why };
  return { reason, why: `${why}\n${end.lines.join('\n')}` };
}
