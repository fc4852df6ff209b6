// The kind `agent`: a service with a home, that is heard, and brought back from backup when it is not.
import { type Change, type Kind, type Outcome, s, type SchemaOf } from 'realm-runner/plugin';
import { conditionsOf } from './conditions.ts';
import { decide } from './decide.ts';
import { derive } from './derive.ts';
import type { Facts } from './facts.ts';
import { observe } from './observe.ts';
import type { Pulse } from './pulse.ts';
import { type Step, stepOf } from './recovery/course.ts';
import { isGoing, nextId } from './recovery/row.ts';
import { LOOK_MS, take } from './recovery/steps.ts';
import { checkAgents } from './check.ts';
import { agentSpec, type AgentSpec } from './spec.ts';
import { withToken } from './token.ts';

/** Found on the machine and in the rows: no field of the spec is compared with it. */
const seen: SchemaOf<Facts> = s.object({
  service: s.any(),
  beat: s.any(),
  mute: s.any(),
  home: s.any(),
  isLink: s.boolean(),
  isTaken: s.boolean(),
  everHeard: s.boolean(),
  unheardSince: s.any(),
  listeningSince: s.any(),
  leftAloneUntil: s.any(),
  freeSince: s.any(),
  was: s.any(),
  recovery: s.any(),
  run: s.any(),
  asked: s.any(),
  word: s.any(),
  hasToken: s.boolean(),
}) as unknown as SchemaOf<Facts>;

export const agentKind = (pulse: Pulse): Kind<AgentSpec, Facts> => ({
  name: 'agent',
  section: 'agents',
  summary: 'A service with a home, that is heard, and brought back from backup when it is not.',
  spec: agentSpec,
  state: seen,
  removal: 'forget',
  overrides: ['stop', 'pause'],
  keeps: ({ home }) => `its home ${home}`,
  check: checkAgents,
  derive,
  observe: async (want, ctx) => observe(want, pulse, ctx),
  diff: (spec, facts, _last, now) => (facts === null ? [] : changesOf(spec, facts, now)),
  conditions: (spec, facts, now) => (facts === null ? [] : conditionsOf(spec, facts, now)),
  next: (spec, facts, now) => (facts === null ? undefined : nextOf(spec, facts, now)),
  async apply(want, _changes, ctx): Promise<Outcome> {
    // What the changes were made from may be old.
    const facts = observe(want, pulse, ctx);
    withToken(want, ctx);
    return take(want, stepOf(want.spec, facts, ctx.now()), facts, ctx);
  },
});

const TO: Readonly<Record<Step['do'], string>> = {
  nothing: 'alive',
  wait: 'alive',
  begin: 'recovered from backup',
  restore: 'restored',
  start: 'started',
  fail: 'taken back',
  'take back': 'as it was before',
  next: 'restored from an older snapshot',
  again: 'restored',
  recovered: 'recovered',
  heard: 'alive',
  escalate: 'a person is asked',
};

function changesOf(spec: AgentSpec, facts: Facts, now: number): readonly Change[] {
  const { recovery, hasToken } = facts;
  const token: Change[] =
    spec.heartbeat?.token === true && !hasToken ? [{ action: 'create', path: 'token', to: 'a token of its own' }] : [];
  const step = stepOf(spec, facts, now);
  if (step.do === 'nothing') return token;
  const { state } = decide(spec, facts, now);
  return [
    ...token,
    {
      action: 'update',
      path: 'life',
      from: isGoing(recovery) ? recovery.phase : state,
      to: TO[step.do],
      because: step.do === 'begin' ? 'Dead' : 'Recovering',
      reason: 'drift',
      // One yes of a person is for the whole of a recovery.
      slot: isGoing(recovery) ? recovery.id : nextId(recovery),
    },
  ];
}

function nextOf(spec: AgentSpec, facts: Facts, now: number): number | undefined {
  const step = stepOf(spec, facts, now);
  const freeAt = facts.isTaken ? now + LOOK_MS : undefined;
  const times = [decide(spec, facts, now).at, step.do === 'wait' ? step.at : undefined, freeAt].filter(
    (at) => at !== undefined,
  );
  return times.length === 0 ? undefined : Math.min(...times);
}
