// Ends every service, in the reverse order of who comes after whom, when a person wants nothing left running.
import type { Context, Ref, Resource } from 'realm-runner/plugin';
import { end } from './remove.ts';
import type { ServiceSpec } from './spec.ts';

const AGAIN_MS = 20;
/** Before the time is over: for KILL to do its work, and to tell what is left. */
const KILL_BEFORE_MS = 1_500;
const TELL_BEFORE_MS = 500;
const WORD = { actor: 'realm', why: 'everything is to end' };

/**
 * By now nobody looks any more, so nothing is started again. One waits for those that came after it; when the time runs out,
 * all that is left is killed. Answers with what lives even then.
 */
export async function stopEverything(budgetMs: number, ctx: Context): Promise<readonly Ref[]> {
  const endsAt = ctx.now() + budgetMs;
  let left = ctx.resources<ServiceSpec>('service');
  for await (const _ of ctx.every(AGAIN_MS)) {
    const isLate = ctx.now() >= endsAt - KILL_BEFORE_MS;
    const waits = new Set<Ref>(left.flatMap(({ after }) => after.map(({ ref }) => ref)));
    left = left.filter((one) => (waits.has(one.ref) && !isLate) || isRunning(hurried(one, isLate), ctx));
    if (left.length === 0 || ctx.now() >= endsAt - TELL_BEFORE_MS) break;
  }
  return left.map(({ ref }) => ref);
}

const isRunning = (one: Resource<ServiceSpec>, ctx: Context): boolean => end(one, WORD, ctx) !== undefined;

const hurried = (one: Resource<ServiceSpec>, isLate: boolean): Resource<ServiceSpec> =>
  isLate ? { ...one, spec: { ...one.spec, stop: { ...one.spec.stop, grace: 0 } } } : one;
