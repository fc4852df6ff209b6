// What a recovery does next: pure, from its row, the facts and the time.
import { decide, isHeardSince, pastOf } from '../decide.ts';
import type { Facts } from '../facts.ts';
import type { AgentSpec } from '../spec.ts';
import { ago } from '../words.ts';
import { isGoing, nextId, type Recovery } from './row.ts';

/** A run that was cut off is begun again so often before the try counts as failed. */
const MOST_LOST = 3;

export type Step =
  /** All is as it should be, or nobody may touch it. */
  | { readonly do: 'nothing' }
  /** Time, a run or the service will tell. */
  | { readonly do: 'wait'; readonly why: string; readonly at?: number }
  | { readonly do: 'begin'; readonly why: string; readonly by: string; readonly from: readonly string[] | null }
  /** Its home may be touched: the run that puts it back is started. */
  | { readonly do: 'restore' }
  /** It is in place: the service may start. `nothing`: there was nothing to put back. */
  | { readonly do: 'start' }
  | { readonly do: 'fail'; readonly why: string }
  /** The run that takes back what was restored is started. */
  | { readonly do: 'take back' }
  | { readonly do: 'next' }
  | { readonly do: 'again'; readonly why: string }
  | { readonly do: 'recovered' }
  /** It was given up, and is heard all the same. */
  | { readonly do: 'heard' }
  | { readonly do: 'escalate'; readonly why: string };

export function stepOf(spec: AgentSpec, facts: Facts, now: number): Step {
  const { recovery, word, asked } = facts;
  if (word !== null) return { do: 'nothing' };
  if (isGoing(recovery)) return going(spec, recovery, facts, now);
  if (asked?.id === nextId(recovery)) return { do: 'begin', ...asked };
  if (recovery?.phase === 'escalated' && isHeardSince(spec, facts, recovery.endedAt ?? recovery.since, now))
    return { do: 'heard' };
  const { state, why } = decide(spec, facts, now);
  return state === 'dead' ? { do: 'begin', why, by: 'death', from: null } : { do: 'nothing' };
}

function going(spec: AgentSpec, recovery: Recovery, facts: Facts, now: number): Step {
  const { service, run } = facts;
  switch (recovery.phase) {
    case 'stopping':
      if (!service.isDown) return { do: 'wait', why: 'its service comes down' };
      // Dead again soon after it was brought back so often: it is not tried any further.
      return recovery.attempts >= spec.attempts
        ? { do: 'escalate', why: `${recovery.attempts} tries within the cool-down` }
        : { do: 'restore' };
    case 'restoring':
      if (run === null) return { do: 'restore' };
      if (!run.isOver) return { do: 'wait', why: `run ${run.id} puts its home back` };
      if (run.isGood) return { do: 'start' };
      if (run.isCutOff && recovery.lost < MOST_LOST) return { do: 'again', why: run.reason };
      return { do: 'fail', why: run.reason };
    case 'starting':
      return starting(spec, recovery, facts, now);
    case 'clearing':
      return clearing(spec, recovery, facts);
    default:
      return { do: 'nothing' };
  }
}

/**
 * The time counts from when it could start and be heard: what it comes after may be on its way back itself, an operator may
 * have stopped it, and nobody listens while the machine is off.
 */
function starting(spec: AgentSpec, { since }: Recovery, facts: Facts, now: number): Step {
  const { service, freeSince, listeningSince, leftAloneUntil } = facts;
  if (isHeardSince(spec, facts, since, now)) return { do: 'recovered' };
  // What is said of the life before is no word about this one.
  if (service.failed !== null && (service.failedSince ?? 0) >= since) return { do: 'fail', why: service.failed };
  if (freeSince === null) return { do: 'wait', why: service.waitsFor ?? 'what it comes after is not there' };
  const began = [since, freeSince, listeningSince ?? now, leftAloneUntil].map((at) => pastOf(at, now));
  const lateAt = Math.max(...began) + spec.recoverWithin;
  if (now >= lateAt) return { do: 'fail', why: `not heard within ${ago(spec.recoverWithin)} of its start` };
  return { do: 'wait', why: 'it has to be heard', at: lateAt };
}

function clearing(spec: AgentSpec, recovery: Recovery, { service, run }: Facts): Step {
  const last = recovery.tries.at(-1);
  if ((last?.uid ?? null) !== null && !isTakenBack(run)) {
    if (!service.isDown) return { do: 'wait', why: 'its service comes down' };
    if (run === null) return { do: 'take back' };
    if (!run.isOver) return { do: 'wait', why: `run ${run.id} takes back what was restored` };
    if (run.isCutOff && recovery.lost < MOST_LOST) return { do: 'again', why: run.reason };
  }
  // Without an older snapshot another try would be the same one.
  const isLast = recovery.attempts >= spec.attempts || (last?.top ?? null) === null;
  if (!isLast) return service.isDown ? { do: 'next' } : { do: 'wait', why: 'its service comes down' };
  return { do: 'escalate', why: last?.why ?? 'it was not brought back' };
}

const isTakenBack = (run: Facts['run']): boolean => run !== null && run.isOver && run.isGood;
