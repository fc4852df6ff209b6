// What an operator said of an agent or of its service: then it is left alone.
import type { Context, Resource } from 'realm-runner/plugin';
import { serviceOf } from './derive.ts';
import type { Word } from './facts.ts';
import type { Agent } from './pulse.ts';

/** Words that the agent acts on itself, and any about the service that it stands for: without that nothing can be done. */
export function wordOf({ overrides, name }: Agent, services: readonly Resource[]): Word | null {
  const [own] = overrides;
  if (own !== undefined) return own;
  const ref = serviceOf(name);
  const service = services.find((one) => one.ref === ref);
  const word = service?.overrides[0] ?? service?.held;
  return word === undefined ? null : { ...word, why: `${word.why} (${ref})` };
}

/** The services that an operator spoke of: seldom any. */
export const spokenOf = (ctx: Pick<Context, 'resources'>): readonly Resource[] =>
  ctx.resources('service').filter(({ overrides, held }) => overrides.length > 0 || held !== undefined);

/**
 * A word that the kernel itself keeps (hold, maintenance). No fact: the difference is shown all the same, as of any other
 * resource that is held.
 */
export const heldBy = ({ held }: Agent): string | null => (held === undefined ? null : saidOf(held));

export const saidOf = ({ effect, actor, why }: Word): string => `${effect} by ${actor}: ${why}`;
