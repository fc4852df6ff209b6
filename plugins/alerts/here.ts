// The alerts that this machine is to tell now.
import type { Context, Resource } from 'realm-runner/plugin';
import type { AlertSpec } from './spec.ts';

/**
 * Not those with `enabled: false`, and not those whose `host` is another machine, which tells them itself. Where it is
 * unknown who is who they are told: twice is better than never.
 */
export const alertsHere = (ctx: Pick<Context, 'resources' | 'conditions'>): readonly Resource<AlertSpec>[] =>
  ctx.resources<AlertSpec>('alert').filter(({ ref }) => {
    const ready = ctx.conditions(ref).find(({ type }) => type === 'Ready');
    return ready?.reason !== 'Disabled' && ready?.reason !== 'Elsewhere';
  });

/** By an operator's word: what comes is kept, and goes out when it is taken back. */
export const isPaused = ({ overrides }: Resource<AlertSpec>): boolean =>
  overrides.some(({ effect }) => effect === 'pause');
