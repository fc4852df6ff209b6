// What rules may ask of the world, answered once a turn each.
import { statSync } from 'node:fs';
import type { Context, Ref, Resource } from 'realm-runner/plugin';
import type { AgentSpec } from '../spec.ts';
import type { Book } from './book.ts';
import { agentRef, type Facts } from './rules.ts';
import type { Rule } from './settings.ts';

/** Those of this machine are served; the others are known by their names. */
export const agentsOf = (ctx: Pick<Context, 'resources'>): readonly Resource<AgentSpec>[] =>
  ctx.resources<AgentSpec>('agent');

/** Of this machine's agents: what they say and do now, not when they were last looked at. */
export type IsAlive = (agent: Resource<AgentSpec>, ctx: Context) => boolean;

export function factsOf(book: Book, ctx: Context, isAlive: IsAlive): Facts {
  const ready = new Map<Ref, boolean | null>();
  const times = new Map<string, number | undefined>();
  return {
    now: ctx.now(),
    agents: agentsOf(ctx).map(({ name }) => name),
    isReady: (ref) => remembered(ready, ref, () => readyOf(ref, ctx, isAlive)),
    waiting: (agent) => book.routed(agent).size,
    newestFrom: (agent) => book.newestFrom(agent),
    changedAt: (file) => remembered(times, file, () => changedAt(file)),
  };
}

/** What cannot be seen is as good as not there: nobody knows how old it is. */
function changedAt(file: string): number | undefined {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return undefined;
  }
}

function remembered<K, V>(known: Map<K, V>, key: K, find: () => V): V {
  if (!known.has(key)) known.set(key, find());
  return known.get(key)!;
}

function readyOf(ref: Ref, ctx: Context, isAlive: IsAlive): boolean | null {
  const status = ctx.conditions(ref).find(({ type }) => type === 'Ready')?.status;
  if (status !== 'True') return status === 'False' ? false : null;
  // It was so when it was looked at; a gate has to close the moment it is so no more.
  const agent = agentsOf(ctx).find((one) => one.ref === ref);
  return agent === undefined || isAlive(agent, ctx);
}

/** `Z` is z, as people write names; a name that nobody has stays as it is. */
export function addressee(to: string, agents: readonly string[]): string {
  if (agents.includes(to)) return to;
  return agents.find((one) => one.toLowerCase() === to.toLowerCase()) ?? to;
}

/**
 * What rules wait for and nobody declares: such a gate never opens. Whom they hold messages for and nobody is called: such a
 * gate is none. One clause for the first; undefined: there is none.
 */
export function strangerIn(rules: readonly Rule[], ctx: Pick<Context, 'resources'>): string | undefined {
  const names = ctx.resources('agent').map(({ name }) => name);
  for (const [index, { when, unless, then }] of rules.entries()) {
    const held = then === 'hold' ? [when.to ?? []].flat().map((name) => agentRef(addressee(name, names))) : [];
    const refs = [when, unless]
      .flatMap((match) => [match?.ready ?? [], agentRefs(match?.fresh?.from)].flat())
      .concat(held);
    const stranger = refs.find((ref) => ctx.resources(ref.slice(0, ref.indexOf('/'))).every((one) => one.ref !== ref));
    if (stranger !== undefined)
      return `rule ${index + 1} of \`messages:\` speaks of ${stranger}, which is not declared`;
  }
  return undefined;
}

const agentRefs = (name: string | undefined): readonly Ref[] => (name === undefined ? [] : [agentRef(name)]);
