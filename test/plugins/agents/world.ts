// What tests of agents share: specs as they are written, and facts of an agent that lives.
import { decode } from '../../../core/schema/decode.ts';
import type { Beat, Facts, ServiceFacts } from '../../../plugins/agents/facts.ts';
import type { Recovery } from '../../../plugins/agents/recovery/row.ts';
import { agentSpec, type AgentSpec } from '../../../plugins/agents/spec.ts';

export const NOW = Date.UTC(2126, 10, 21, 7);
export const S = 1_000;
export const MIN = 60_000;

/** Beats each minute, suspect after three, dead after 30. */
export function specOf(written: object = {}): AgentSpec {
  const whole = { home: 'agents/z', command: ['z'], heartbeat: { file: true }, ...written };
  const decoded = decode(agentSpec, JSON.parse(JSON.stringify(whole)) as object, { root: '/realm' });
  if (!decoded.ok) throw new Error(`${decoded.path.join('.')} ${decoded.why}`);
  return decoded.value;
}

export const beatAt = (at: number, more: Partial<Beat> = {}): Beat => ({
  at,
  steadySince: at - 60 * MIN,
  says: null,
  madeAt: at,
  skewMs: 0,
  stamp: `${at}`,
  ...more,
});

export const running = (since: number, more: Partial<ServiceFacts> = {}): ServiceFacts => ({
  isRunning: true,
  isDown: false,
  startedAt: since,
  downSince: null,
  isReady: true,
  readySince: since,
  failed: null,
  failedSince: null,
  waitsFor: null,
  ...more,
});

export const down = (since: number, more: Partial<ServiceFacts> = {}): ServiceFacts => ({
  ...running(since),
  isRunning: false,
  startedAt: null,
  downSince: since,
  isReady: false,
  readySince: null,
  ...more,
});
/** As its agent wants it while its home is put back. */
export const heldDown = (since: number): ServiceFacts => down(since, { isDown: true, waitsFor: 'agent/z was lost' });

export const factsOf = (more: Partial<Facts> = {}): Facts => {
  const beat = more.beat === undefined ? beatAt(NOW) : more.beat;
  return {
    service: running(NOW - 60 * MIN),
    mute: null,
    home: 'there',
    isLink: false,
    isTaken: false,
    everHeard: beat !== null,
    unheardSince: null,
    listeningSince: NOW - 24 * 60 * MIN,
    leftAloneUntil: null,
    freeSince: 0,
    was: 'alive',
    recovery: null,
    run: null,
    asked: null,
    word: null,
    hasToken: false,
    ...more,
    beat,
  };
};

export const recoveryOf = (more: Partial<Recovery> = {}): Recovery => ({
  id: 'r1',
  home: '/realm/agents/z',
  beganAt: NOW - MIN,
  why: 'last heard 31 min ago',
  by: 'death',
  from: null,
  phase: 'stopping',
  since: NOW - MIN,
  attempts: 0,
  tries: [],
  earlier: 0,
  lastBeat: NOW - 31 * MIN,
  endedAt: null,
  bundle: null,
  lost: 0,
  ...more,
});
