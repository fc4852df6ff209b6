// How an agent stands, in conditions: the standard ones, Alive with its state, and Started for its service.
import type { Condition } from 'realm-runner/plugin';
import { decide, isWell, skewText, type Verdict } from './decide.ts';
import type { Facts, State } from './facts.ts';
import { holdsService } from './recovery/row.ts';
import type { AgentSpec } from './spec.ts';

const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1);
const OPEN: readonly State[] = ['unknown', 'starting'];

export function conditionsOf(spec: AgentSpec, facts: Facts, now: number): readonly Condition[] {
  const verdict = decide(spec, facts, now);
  const { state, why } = verdict;
  // What an operator holds may live all the same, and others rely on that.
  const life = facts.word === null ? verdict : decide(spec, { ...facts, word: null }, now);
  const is = (type: string, isTrue: boolean, said: Verdict = verdict): Condition => ({
    type,
    status: isTrue ? 'True' : 'False',
    reason: capital(said.state),
    message: said.why,
  });
  const isBad = state === 'suspect' || state === 'dead' || state === 'recovering';
  return [
    is('Ready', isWell(life.state), life),
    is('Progressing', state === 'starting' || state === 'recovering'),
    is('Degraded', isBad),
    is('Stalled', state === 'escalated'),
    {
      type: 'Alive',
      status: OPEN.includes(life.state) ? 'Unknown' : isWell(life.state) ? 'True' : 'False',
      reason: capital(state),
      message: why,
    },
    started(facts),
    ...skewed(facts),
    ...linked(facts),
  ];
}

/** Whether its service may run. */
function started({ word, recovery, home, isTaken }: Facts): Condition {
  const no = (reason: string, message: string): Condition => ({ type: 'Started', status: 'False', reason, message });
  if (word?.effect === 'stop') return no('Stopped', `${word.actor}: ${word.why}`);
  if (holdsService(recovery) || isTaken) return no('Recovering', 'its home is being put back');
  if (home !== 'there') return no('HomeMissing', home === 'missing' ? 'its home is missing' : 'its home is no folder');
  return { type: 'Started', status: 'True', reason: 'HomeThere', message: 'its home is there' };
}

function skewed({ beat }: Facts): readonly Condition[] {
  if (beat === null || beat.skewMs === 0) return [];
  const message = `${skewText(beat.skewMs)}; what it says counts as of when it was heard`;
  return [{ type: 'ClockSkew', status: 'True', reason: beat.skewMs > 0 ? 'Ahead' : 'Behind', message }];
}

export const LINKED = 'its home is a link: a backup saves the link, and nothing of what lies behind it';

const linked = ({ isLink }: Facts): readonly Condition[] =>
  isLink ? [{ type: 'HomeLinked', status: 'True', reason: 'Link', message: LINKED }] : [];
