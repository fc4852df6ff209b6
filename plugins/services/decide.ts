// The one place that decides what happens to a service next: pure, from its spec, the facts, an operator's word, and the time.
import type { Asked, End, Facts, Life, Meaning, Stopping } from './facts.ts';
import { restartOf, type ServiceSpec } from './spec.ts';

/** So many short lives in a row are a crash loop: retried slowly, never given up, and a person is told. */
export const CRASH_LOOP = 5;
/** After KILL: a process in an uninterruptible call dies late. */
export const KILL_AGAIN_MS = 1_000;
/** How often is looked whether what it started has ended too: nobody hears of that. */
export const LEFT_AGAIN_MS = 250;
/** A start that nobody could take the signal of yet. */
export const SIGNAL_AGAIN_MS = 20;

export type Phase =
  | 'running'
  | 'starting'
  | 'stopping'
  | 'waiting'
  | 'stopped'
  | 'completed'
  | 'failed'
  | 'crashlooping';

export interface Decision {
  readonly phase: Phase;
  /**
   * `none`: all is as it should be. `await`: it differs from what is declared, and time or an exit will tell. `sweep`: it is
   * down, and something that it started is not.
   */
  readonly step: 'none' | 'start' | 'stop' | 'kill' | 'await' | 'sweep';
  /** One clause for people: why this step, or why nothing happens. */
  readonly why: string;
  /** A word for machines. */
  readonly reason: string;
  /** When the answer changes although nothing happens; ms since the epoch. */
  readonly at?: number;
  /** Fields of the spec that mean something else than what runs. */
  readonly fields?: readonly string[];
  /** A `stop` or `await` after which it is not started again by itself. */
  readonly isForGood?: boolean;
}

export interface Question {
  readonly spec: ServiceSpec;
  readonly meaning: Meaning;
  readonly facts: Facts;
  /** An operator's word to stop. */
  readonly stop: { readonly why: string; readonly actor: string } | undefined;
  readonly now: number;
  /** Places of secrets that have another text now, when that counts. */
  readonly secrets?: readonly string[];
}

export function decide(question: Question): Decision {
  if (question.facts.is === 'running') return whileRunning(question);
  const decision = whileDown(question);
  const { facts, spec, now } = question;
  const { left, stopping } = facts;
  if (left > 0 && stopping !== null && hasGrace(stopping, spec, now)) {
    const why = `${stopping.because}; what it started has the rest of ${spec.stop.grace} ms`;
    const at = Math.min(now + LEFT_AGAIN_MS, stopping.since + spec.stop.grace);
    return { phase: 'stopping', step: 'await', reason: 'Stopping', why, at };
  }
  if (decision.step !== 'none' || left === 0) return decision;
  return {
    ...decision,
    step: 'sweep',
    reason: 'LeftBehind',
    why: `${decision.why}; ${left === 1 ? '1 of its processes was' : `${left} of its processes were`} left behind`,
  };
}

/** What the signal reached is not killed before, also when its main process has ended (as systemd's KillMode=control-group). */
export const hasGrace = ({ since, killedAt }: Stopping, { stop }: Pick<ServiceSpec, 'stop'>, now: number): boolean =>
  killedAt === null && since <= now && now < since + stop.grace;

function whileRunning(question: Question): Decision {
  const { facts, stop } = question;
  if (facts.stopping !== null) return whileStopping(question, facts.stopping);
  const end = (reason: string, why: string, more: Partial<Decision> = {}): Decision => ({
    phase: 'stopping',
    step: 'stop',
    reason,
    why,
    ...more,
  });
  if (stop !== undefined) return end('Stopped', `${stop.actor}: ${stop.why}`, { isForGood: true });
  const lost = facts.lost.find(({ onLoss, isLost }) => onLoss === 'stop' && isLost);
  if (lost !== undefined) return end('DependencyLost', `${lost.ref} was lost`, { isForGood: true });
  const fields = fieldsOf(question);
  if (fields.length > 0) return end('SpecChanged', changed(fields), { fields });
  if (isAsked(facts.asked, facts.life)) return end('RestartAsked', `${facts.asked!.by}: ${facts.asked!.why}`);
  if (facts.live.is === 'no') return end('NotLive', facts.live.why);
  const back = facts.lost.find((one) => one.onLoss === 'restart' && !one.isLost && wasLost(one, facts.life));
  if (back !== undefined) return end('DependencyBack', `${back.ref} was lost and is back`);
  return asItShould(question);
}

/** A deadline that lies further away than the grace means that the clock went back: it is counted anew. */
function whileStopping({ spec, now }: Question, stopping: NonNullable<Facts['stopping']>): Decision {
  const { since, because, reached, killedAt } = stopping;
  const base = { phase: 'stopping', reason: 'Stopping', why: because } as const;
  if (since > now) return { ...base, step: 'stop' };
  const killAt = killedAt === null ? since + spec.stop.grace : Math.min(killedAt, now) + KILL_AGAIN_MS;
  if (now >= killAt) return { ...base, step: 'kill' };
  if (reached === 0 && killedAt === null) return { ...base, step: 'stop', at: now + SIGNAL_AGAIN_MS };
  return { ...base, step: 'await', at: killAt };
}

function asItShould({ spec, facts: { ready, life }, now }: Question): Decision {
  const stableAt = life === null ? 0 : life.startedAt + restartOf(spec).stableAfter;
  const at = isLooping(life) && stableAt > now ? { at: stableAt } : {};
  if (spec.type === 'once') return { phase: 'running', step: 'none', reason: 'Running', why: 'runs to its end', ...at };
  if (ready.is === 'yes') return { phase: 'running', step: 'none', reason: 'Ready', why: ready.why, ...at };
  const reason = ready.is === 'no' ? 'NotReady' : 'Starting';
  return { phase: 'starting', step: 'none', reason, why: ready.why, ...at };
}

function whileDown(question: Question): Decision {
  const { facts, stop } = question;
  const { life, end } = facts;
  const start = (reason: string, why: string): Decision => ({ phase: 'starting', step: 'start', reason, why });
  if (stop !== undefined) {
    const why = `${stop.actor}: ${stop.why}`;
    if (facts.is !== 'pending') return { phase: 'stopped', step: 'none', reason: 'Stopped', why };
    return {
      phase: 'stopping',
      step: 'sweep',
      reason: 'StartPending',
      why: `${why}; a start on its way is called off`,
    };
  }
  if (life === null) return start('FirstStart', 'first start');
  const lost = facts.lost.find(({ onLoss, isLost }) => onLoss === 'stop' && isLost);
  if (lost !== undefined && !isOver(question, life, end)) {
    // However long its pause would last, and whatever it left behind: it is down, and nothing of it is to run.
    const why = `${lost.ref} was lost`;
    if (facts.is !== 'pending') return { phase: 'stopped', step: 'none', reason: 'DependencyLost', why };
    return {
      phase: 'stopping',
      step: 'sweep',
      reason: 'StartPending',
      why: `${why}; a start on its way is called off`,
    };
  }
  const fields = fieldsOf(question);
  if (fields.length > 0) return { ...start('SpecChanged', changed(fields)), fields };
  if (isAsked(facts.asked, life)) return start('RestartAsked', `${facts.asked!.by}: ${facts.asked!.why}`);
  if (end === null) return start('NeverStarted', 'the last start never happened');
  if (wasTold(facts.stopping)) return start('Restart', whyAgain(facts.stopping));
  return afterEnd(question, life, ownEnd(end, facts.stopping));
}

/** It ended for good by itself: nothing would start it. */
const isOver = (question: Question, life: Life, end: End | null): boolean =>
  end !== null &&
  !wasTold(question.facts.stopping) &&
  ['completed', 'failed'].includes(afterEnd(question, life, ownEnd(end, question.facts.stopping)).phase);

const whyAgain = ({ because, isForGood }: Stopping): string =>
  isForGood === true ? `no longer stopped (${because})` : because;

/** It was ended although it worked. */
export const wasTold = (stopping: Stopping | null): stopping is Stopping =>
  stopping !== null && stopping.isFailure !== true;

/** What had to be ended as it no longer worked did not end well, whatever its status says. */
export const ownEnd = (end: End, stopping: Stopping | null): End =>
  stopping === null ? end : { ...end, status: null, why: stopping.because };

/** It ended by itself, or had to be ended as it no longer worked. */
function afterEnd({ spec, now }: Question, life: Life, end: End): Decision {
  const { policy, success, backoff } = restartOf(spec);
  const isSuccess = end.status !== null && success.includes(end.status);
  if (isSuccess && (spec.type === 'once' || policy !== 'always'))
    return { phase: 'completed', step: 'none', reason: 'Completed', why: `completed (${end.why})` };
  if (policy === 'never') return { phase: 'failed', step: 'none', reason: 'Exited', why: end.why };
  const unstable = nextUnstable(spec, life, end, now);
  const isLoop = unstable >= CRASH_LOOP;
  const reason = isLoop ? 'CrashLoop' : 'Exited';
  const endedAt = end.at === null || end.at > now ? life.startedAt : end.at;
  const at = endedAt + waitMs(unstable, backoff, life.token);
  // A start that is yet to come is one after which the clock went back: there is no telling how long to wait.
  if (now >= at || endedAt > now) return { phase: 'starting', step: 'start', reason, why: end.why };
  const how = isLoop ? `ended ${unstable} times in a row, last: ${end.why}` : end.why;
  return {
    phase: isLoop ? 'crashlooping' : 'waiting',
    step: 'none',
    reason: isLoop ? reason : 'Backoff',
    why: `${how}; starts again at ${new Date(at).toISOString()}`,
    at,
  };
}

/** How many short lives in a row there were, the one that just ended included; 1 after a long one. */
export function nextUnstable(spec: ServiceSpec, life: Life, { at }: End, now: number): number {
  return (at ?? now) - life.startedAt >= restartOf(spec).stableAfter ? 1 : life.unstable + 1;
}

/** Also while it runs again for a moment. */
export const isLooping = (life: Life | null): boolean => life !== null && life.unstable >= CRASH_LOOP;

/**
 * The first restart is at once; then doubled, with full jitter that the token decides, so that the answer stays the same
 * when asked again.
 */
export function waitMs(
  unstable: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  token: string,
): number {
  if (unstable <= 1) return 0;
  const most = Math.min(toMs, fromMs * 2 ** Math.min(unstable - 1, 40));
  return Math.min(toMs, Math.max(fromMs, Math.round(most * fractionOf(token))));
}

/** Uniform in [0, 1) over tokens: FNV-1a, 32 bits. */
function fractionOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < token.length; at++) hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

const changed = (fields: readonly string[]): string => `${fields.join(', ')} changed`;

function fieldsOf({ facts: { life, changedPaths }, meaning, secrets = [] }: Question): readonly string[] {
  if (life === null) return [];
  const paths = changedPaths.map((path) => `watch ${path}`);
  return [...new Set([...changedFields(life.meaning, meaning), ...secrets, ...paths])];
}

/** Names of the fields that differ. */
export function changedFields(was: Meaning, is: Meaning): readonly string[] {
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].filter((key) => JSON.stringify(was[key]) !== JSON.stringify(is[key])).sort();
}

const isAsked = (asked: Asked | null, life: Life | null): boolean => asked !== null && asked.at !== life?.asked;

/** Compared, not ordered: clocks go back, too. */
const wasLost = ({ ref, since }: Facts['lost'][number], life: Life | null): boolean => {
  const found = life?.found[ref];
  return found !== undefined && found !== since;
};
