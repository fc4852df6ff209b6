// What a look after an apply says of it: it is done, the world moved meanwhile, or the plugin said done and it is not.
import type { Change, Condition } from '../contract/kind.ts';
import { deepEqual } from '../model/spec.ts';
import type { ResourceRow } from '../store/resources.ts';
import { backoffMs } from './backoff.ts';
import type { Wanted } from './desired.ts';
import type { PassDeps } from './pass.ts';
import type { Ended } from './settle.ts';

/** A world that moves each time it is put right is a plugin that does not do what it says. */
const MOST_MOVES = 5;

/**
 * Observations are believed, not return values. The very differences that were just applied are a failure of the plugin;
 * others came up meanwhile, and are looked at again: at once, then with growing pauses.
 */
export function judge(
  { plugin, want, row }: Wanted,
  applied: readonly Change[],
  left: readonly Change[],
  { trouble, random }: Pick<PassDeps, 'trouble' | 'random'>,
): Ended {
  const where = `convergence of ${want.ref}`;
  if (left.length === 0) {
    trouble(plugin, where, null);
    return { type: 'done', applied: true };
  }
  const fields = left.map(({ path }) => path || 'the whole resource').join(', ');
  const isLie = left.some((one) => applied.some((other) => isSame(one, other)));
  const moves = movesSoFar(row, want.generation);
  if (!isLie && moves < MOST_MOVES) {
    const afterMs = moves === 0 ? 0 : backoffMs(moves, random);
    return { type: 'again', afterMs, why: `the world moved meanwhile: ${fields}`, moved: true };
  }
  const why = isLie
    ? `plugin ${plugin} said done, but it still differs: ${fields}`
    : `plugin ${plugin} said done ${moves + 1} times, and each time it differs anew: ${fields}`;
  trouble(plugin, where, why);
  return { type: 'failed', code: 'APPLY_DID_NOT_CONVERGE', why };
}

/** How often in a row it was applied and differed again; attempts of another sort do not count. */
export function movesSoFar({ attempts, observedGeneration, conditions }: ResourceRow, generation: number): number {
  const isOne = ({ type, status, reason }: Condition): boolean =>
    status === 'True' &&
    ((type === 'Progressing' && reason === 'Again') || (type === 'Degraded' && reason === 'APPLY_DID_NOT_CONVERGE'));
  return observedGeneration === generation && conditions.some(isOne) ? attempts : 0;
}

/** The same promise: one place, and the same slot, or without slots the same two values. */
function isSame(a: Change, b: Change): boolean {
  if (a.path !== b.path || a.slot !== b.slot) return false;
  return a.slot !== undefined || (deepEqual(a.from ?? null, b.from ?? null) && deepEqual(a.to ?? null, b.to ?? null));
}
