// Shows that a kind's pure functions are: frozen arguments, called twice, one answer.
import type { Kind, Resource } from '../contract/kind.ts';
import { messageOf } from '../errors.ts';
import { deepEqual, deepFreeze } from '../model/spec.ts';

/** Throws a sentence naming the function that changed its arguments or answered differently the second time. */
export function checkPure(kind: Kind, want: Resource, state: unknown, now: number): void {
  const { spec } = want;
  deepFreeze(state);
  twice('watch', kind, () => kind.watch?.(spec));
  twice('derive', kind, () => kind.derive?.(want));
  twice('check', kind, () => kind.check?.([want]));
  twice('keeps', kind, () => kind.keeps?.(spec));
  twice('conditions', kind, () => kind.conditions?.(spec, state, now, want));
  for (const last of [undefined, spec]) twice('diff', kind, () => kind.diff?.(spec, state, last, now, want));
  const at = twice('next', kind, () => kind.next?.(spec, state, now));
  if (at !== undefined && !(typeof at === 'number' && at > now))
    throw new Error(
      `next answered ${String(at)}, which is not after now (${now}): the kernel would look without a pause`,
    );
}

function twice<T>(name: keyof Kind, kind: Kind, call: () => T): T | undefined {
  if (kind[name] === undefined) return undefined;
  try {
    const first = call();
    if (deepEqual(first, call())) return first;
  } catch (error) {
    throw new Error(`${name} threw (its arguments are frozen): ${messageOf(error)}`, { cause: error });
  }
  throw new Error(`${name} is not pure: called twice with the same arguments it gave two answers`);
}
