// The one place that says how an agent is: pure, from its spec, the facts and the time.
import type { Facts, State } from './facts.ts';
import { isGoing } from './recovery/row.ts';
import type { AgentSpec } from './spec.ts';
import { saidOf } from './word.ts';
import { ago } from './words.ts';

/** Without heartbeats: ready for so long it counts as heard. */
export const STABLE_MS = 10_000;

export interface Verdict {
  readonly state: State;
  /** One clause for people. */
  readonly why: string;
  /** When the answer changes although nothing happens, ms. */
  readonly at?: number;
}

/** Three beats, where nothing else is said. */
export const suspectAfter = ({ heartbeat }: Pick<AgentSpec, 'heartbeat'>): number =>
  heartbeat === undefined ? STABLE_MS : Math.min(heartbeat.suspectAfter ?? 3 * heartbeat.every, heartbeat.deadAfter);

export const isWell = (state: State): boolean => state === 'alive' || state === 'idle' || state === 'busy';

export function decide(spec: AgentSpec, facts: Facts, now: number): Verdict {
  const { word, recovery } = facts;
  if (word !== null) return { state: 'paused', why: saidOf(word) };
  if (isGoing(recovery)) return { state: 'recovering', why: PHASES[recovery.phase] };
  if (recovery?.phase === 'escalated' && !isHeardSince(spec, facts, recovery.endedAt ?? recovery.since, now)) {
    const at = spec.heartbeat === undefined && facts.service.readySince !== null;
    return {
      state: 'escalated',
      why: `not brought back after ${recovery.attempts} ${recovery.attempts === 1 ? 'try' : 'tries'}; see ${recovery.bundle ?? 'realm agents'}`,
      ...(at ? { at: facts.service.readySince + STABLE_MS } : {}),
    };
  }
  return spec.heartbeat === undefined ? byService(facts) : byBeats(spec, facts, now);
}

const PHASES = {
  stopping: 'its service comes down',
  restoring: 'its home is put back',
  starting: 'it was started and has to be heard',
  clearing: 'it was not heard: what was restored is taken back',
  recovered: 'recovered',
  escalated: 'not brought back',
} as const;

/** A sign of life later than this instant, from a service that stands. */
export function isHeardSince(spec: AgentSpec, { service, beat }: Facts, since: number, now: number): boolean {
  if (!service.isRunning || service.failed !== null) return false;
  if (spec.heartbeat === undefined)
    return (
      service.isReady &&
      service.readySince !== null &&
      service.readySince >= pastOf(since, now) &&
      now - service.readySince >= STABLE_MS
    );
  return beat !== null && beat.at > pastOf(since, now) && beat.at >= pastOf(service.startedAt, now);
}

function byService({ service, everHeard, home }: Facts): Verdict {
  if (home !== 'there') return homeless(home, everHeard);
  if (service.failed !== null) return { state: everHeard ? 'dead' : 'unknown', why: service.failed };
  if (service.isReady) return { state: 'alive', why: 'its service is ready' };
  if (service.isRunning) return { state: 'starting', why: 'its service is not ready yet' };
  if (service.waitsFor !== null) return { state: 'starting', why: service.waitsFor };
  return everHeard
    ? { state: 'suspect', why: 'its service does not run' }
    : { state: 'unknown', why: 'its service was never ready' };
}

const homeless = (home: Facts['home'], everHeard: boolean): Verdict => ({
  state: everHeard ? 'dead' : 'unknown',
  why: home === 'missing' ? 'its home is missing' : 'its home is no folder',
});

function byBeats(spec: AgentSpec, facts: Facts, now: number): Verdict {
  const { service, beat, everHeard, home, mute } = facts;
  const { deadAfter } = spec.heartbeat!;
  const patience = suspectAfter(spec);
  if (home !== 'there') return homeless(home, everHeard);
  if (service.failed !== null) return { state: everHeard ? 'dead' : 'unknown', why: service.failed };
  if (!service.isRunning && service.waitsFor !== null) return { state: 'starting', why: service.waitsFor };
  const startedAt = pastOf(service.startedAt, now);
  const heardAt = heardAtOf(facts, now);
  const isHeard = beat !== null && heardAt >= startedAt;
  const said = mute === null ? '' : ` (${mute})`;
  if (!everHeard && beat === null) {
    const isNew = service.isRunning && now - startedAt < patience;
    if (isNew) return { state: 'starting', why: `not heard yet${said}`, at: startedAt + patience };
    return { state: 'unknown', why: `never heard${said}` };
  }
  // Between two lives it can say nothing: silence counts from when it last could.
  const from = Math.max(heardAt, startedAt, pastOf(service.downSince, now));
  const silence = now - from;
  const { unheardSince, listeningSince: since } = facts;
  const silentSince = unheardSince === null || since === null ? Infinity : Math.max(unheardSince, since);
  if (everHeard && !isHeard && now - silentSince >= deadAfter)
    return { state: 'dead', why: `not heard since its first start ${ago(now - unheardSince!)} ago${said}` };
  const last = beat === null ? 'not heard since' : `last heard ${ago(now - heardAt)} ago`;
  if (silence < patience) {
    if (!isHeard) return { state: 'starting', why: `not heard since its start${said}`, at: from + patience };
    if (now - heardAt >= patience) return { state: 'starting', why: 'its service does not run', at: from + patience };
    return steady(spec, facts, now, heardAt);
  }
  // Whoever was not listening, or slept, cannot tell silence from not having heard.
  const deadAt = Math.max(from + deadAfter, since === null ? Infinity : since + patience);
  if (now < deadAt)
    return { state: 'suspect', why: `${last}${said}`, ...(Number.isFinite(deadAt) ? { at: deadAt } : {}) };
  return { state: 'dead', why: `${last}${said}` };
}

export const skewText = (skewMs: number): string =>
  `its clock is ${ago(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead' : 'behind'}`;

/** An instant that lies ahead is of before the clock went back, and says nothing. */
export const pastOf = (at: number | null, now: number): number => (at === null || at > now ? 0 : at);

/** A beat that lies ahead came before somebody set the clock back, which is when listening began anew. */
function heardAtOf({ beat, listeningSince }: Facts, now: number): number {
  if (beat === null || beat.at <= now) return beat?.at ?? 0;
  return Math.min(now, listeningSince ?? now);
}

/** Once suspect, one beat is not enough: it has to beat on for as long as it takes to become suspect. */
function steady(spec: AgentSpec, { beat, was }: Facts, now: number, heardAt: number): Verdict {
  const { says, skewMs, steadySince } = beat!;
  const patience = suspectAfter(spec);
  const wasBad = was === 'suspect' || was === 'dead';
  const steadyAt = steadySince + patience;
  if (wasBad && steadySince <= now && now < steadyAt)
    return {
      state: 'suspect',
      why: 'heard again, and not for long enough',
      at: Math.min(steadyAt, heardAt + patience),
    };
  const skew = skewMs === 0 ? '' : `; ${skewText(skewMs)}`;
  return { state: says ?? 'alive', why: `heard ${ago(now - heardAt)} ago${skew}`, at: heardAt + patience };
}
