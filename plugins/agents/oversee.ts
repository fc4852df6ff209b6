// Watches how long things take: a recovery that goes on, and no agent that lives. Told once each.
import type { Context } from 'realm-runner/plugin';
import { isNotOurs } from './observe.ts';
import { type Agent, agentsOf } from './pulse.ts';
import { isGoing, readRecovery } from './recovery/row.ts';
import { setIfRoom } from './room.ts';
import { heldBy, spokenOf, wordOf } from './word.ts';

const LOOK_MS = 15_000;
export const SLOW_MS = 15 * 60_000;
export const ALL_DOWN_MS = 30 * 60_000;

export async function oversee(ctx: Context): Promise<void> {
  for await (const _ of ctx.every(LOOK_MS)) {
    const agents = agentsOf(ctx);
    for (const agent of agents) tellSlow(agent, ctx);
    tellAllDown(agents, ctx);
  }
}

function tellSlow({ name, ref }: Agent, ctx: Context): void {
  const one = readRecovery(name, ctx);
  if (!isGoing(one) || ctx.rows.get(`slow/${name}`) === one.id) return;
  const forMs = ctx.now() - one.beganAt;
  if (forMs < SLOW_MS) return;
  ctx.emit('agent.recoverySlow', { ref, id: one.id, forMs }, { ref });
  setIfRoom(`slow/${name}`, one.id, ctx);
}

/** Those that a person keeps from living, and those of other hosts, do not count; an agent that was never up does. */
function tellAllDown(agents: readonly Agent[], ctx: Context): void {
  const services = spokenOf(ctx);
  const wanted = agents.filter((one) => wordOf(one, services) === null && heldBy(one) === null);
  const ready = wanted
    .map(({ ref }) => ctx.conditions(ref).find(({ type }) => type === 'Ready'))
    .filter((one) => one === undefined || !isNotOurs(one));
  const up = ready.filter((one) => one?.status === 'True').length;
  const isTold = ctx.rows.get('all-down') === true;
  if (up > 0 && isTold) {
    ctx.emit('agents.someUp', { count: up });
    setIfRoom('all-down', false, ctx);
  }
  if (up > 0 || isTold || ready.length === 0) return;
  // Since the last of them went down; one that nobody has looked at is not known to be down.
  const since = Math.max(...ready.map((one) => (one?.status === 'False' ? one.since : Infinity)));
  const forMs = ctx.now() - since;
  if (forMs < ALL_DOWN_MS) return;
  ctx.emit('agents.allDown', { count: ready.length, forMs });
  setIfRoom('all-down', true, ctx);
}
