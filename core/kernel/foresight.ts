// What guards, people and reviews would say to a step now: asked for the plan, with contexts that can only look; nothing is stored.
import type { Step } from '../contract/hooks.ts';
import type { Hooks } from '../hooks.ts';
import { isApproved } from './approvals.ts';
import { KernelContext, type Lender } from './context.ts';
import { guarded } from './guard.ts';
import type { Scene } from './scene.ts';

/** Why the step would not happen now, or undefined. */
export type Foresight = (step: Step) => Promise<string | undefined>;

/** In the order of a pass: guards of the config first, then plugins. */
export async function foresightOf(scene: Scene, lender: Lender): Promise<Foresight> {
  const hooks = await reviewsOf(lender);
  return async (step) => {
    const guard = guarded(step, scene);
    if (guard !== undefined && !isApproved(step, scene)) return guard;
    const said = await hooks?.review(step);
    if (said === undefined || (said.approval === true && isApproved(step, scene))) return undefined;
    return said.why;
  };
}

/** One that was late is not asked again: a plan of thousands of changes must not wait for each. */
async function reviewsOf(lender: Lender): Promise<Hooks | undefined> {
  const taps = lender.registry.taps.filter(({ hook }) => hook === 'review');
  if (taps.length === 0) return undefined;
  const { createHooks } = await import('../hooks.ts'); // most plans ask nobody, and must start quickly
  const late = new Set<string>();
  const impatient = taps.map((tap) => ({
    ...tap,
    answer: (...asked: never[]): unknown => {
      if (late.has(tap.plugin)) throw new Error('it was late before');
      return (tap.answer as (...asked: never[]) => unknown)(...asked);
    },
  }));
  return createHooks(impatient as typeof taps, {
    clock: lender.world.clock,
    contextFor: (plugin, signal) => {
      signal.addEventListener('abort', () => late.add(plugin), { once: true });
      return new KernelContext(plugin, undefined, signal, lender);
    },
    onTrouble: () => {}, // the pass will say it; a plan tells nobody
  });
}
