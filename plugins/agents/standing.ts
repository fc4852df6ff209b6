// How an agent stands now, for whoever asks between two passes: the list that people read, and the rules that hold messages.
import type { Context } from 'realm-runner/plugin';
import { decide, isWell } from './decide.ts';
import type { Facts, State } from './facts.ts';
import { isNotOurs, observe } from './observe.ts';
import type { Agent, Pulse } from './pulse.ts';
import { heldBy } from './word.ts';

export interface Standing {
  readonly state: State;
  readonly why: string;
  /** Whether others may rely on it; what an operator holds may live all the same. */
  readonly isAlive: boolean;
  readonly facts: Facts;
}

/** Looks, and touches nothing. */
export function standingOf(agent: Agent, pulse: Pulse, ctx: Context): Standing {
  const facts = observe(agent, pulse, ctx);
  const said = saidBy(agent, ctx);
  const { state, why } = said ?? decide(agent.spec, facts, ctx.now());
  const isAlive = said?.isAlive ?? isWell(decide(agent.spec, { ...facts, word: null }, ctx.now()).state);
  return { state, why, isAlive, facts };
}

/** Whether a gate may stand open for it: between two lives of its service it is alive, and nobody is there. */
export function isThere(agent: Agent, pulse: Pulse, ctx: Context): boolean {
  const { isAlive, facts } = standingOf(agent, pulse, ctx);
  return isAlive && facts.service.downSince === null;
}

interface Said {
  readonly state: State;
  readonly why: string;
  readonly isAlive?: boolean;
}

/** What the kernel alone knows of it. */
function saidBy(agent: Agent, ctx: Context): Said | undefined {
  const held = heldBy(agent);
  if (held !== null) return { state: 'paused', why: held };
  const ready = ctx.conditions(agent.ref).find(({ type }) => type === 'Ready');
  if (ready === undefined || !isNotOurs(ready)) return undefined;
  return { state: 'unknown', why: ready.message, isAlive: ready.status === 'True' };
}
