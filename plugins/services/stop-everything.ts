// Ends every service, in the reverse order of who comes after whom, when a person wants nothing left running.
import type { Context, Ref, Resource } from 'realm-runner/plugin';
import { end } from './remove.ts';
import type { ServiceSpec } from './spec.ts';

const AGAIN_MS = 20;
const LEAST_LEFT_MS = 500;
const WORD = { actor: 'realm', why: 'everything is to end' };

/**
 * By now nobody looks any more, so nothing is started again. One waits for those that came after it; when the time runs out,
 * all that is left is killed.
 */
export async function stopEverything(budgetMs: number, ctx: Context): Promise<void> {
  const endsAt = ctx.now() + Math.max(0, budgetMs - LEAST_LEFT_MS);
  let left = ctx.resources<ServiceSpec>('service');
  for await (const _ of ctx.every(AGAIN_MS)) {
    const isLate = ctx.now() >= endsAt;
    const waits = new Set<Ref>(left.flatMap(({ after }) => after.map(({ ref }) => ref)));
    left = left.filter((one) => (waits.has(one.ref) && !isLate) || isRunning(hurried(one, isLate), ctx));
    if (left.length === 0 || ctx.now() >= endsAt + LEAST_LEFT_MS) return;
  }
}

const isRunning = (one: Resource<ServiceSpec>, ctx: Context): boolean => end(one, WORD, ctx) !== undefined;

const hurried = (one: Resource<ServiceSpec>, isLate: boolean): Resource<ServiceSpec> =>
  isLate ? { ...one, spec: { ...one.spec, stop: { ...one.spec.stop, grace: 0 } } } : one;
