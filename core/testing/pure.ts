// Shows that a kind's pure functions are: frozen arguments, called twice, one answer.
import type { Change, Kind, Resource } from '../contract/kind.ts';
import { messageOf } from '../errors.ts';
import { deepEqual, deepFreeze } from '../model/spec.ts';

/** By then whatever can get stale is. */
const FAR_MS = 10 * 365 * 86_400_000;

/** Throws a sentence naming the function that changed its arguments or answered differently the second time. */
export function checkPure(kind: Kind, want: Resource, state: unknown, now: number): void {
  const { spec } = want;
  deepFreeze(state);
  twice('watch', kind, () => kind.watch?.(spec));
  twice('derive', kind, () => kind.derive?.(want));
  twice('check', kind, () => kind.check?.([want]));
  twice('mindsSecrets', kind, () => kind.mindsSecrets?.(spec));
  twice('keeps', kind, () => kind.keeps?.(spec));
  twice('conditions', kind, () => kind.conditions?.(spec, state, now, want));
  for (const last of [undefined, spec]) twice('diff', kind, () => kind.diff?.(spec, state, last, now, want));
  for (const then of [now, now + FAR_MS]) checkSteady(kind, want, state, then);
  const at = twice('next', kind, () => kind.next?.(spec, state, now));
  if (at !== undefined && !(typeof at === 'number' && at > now))
    throw new Error(
      `next answered ${String(at)}, which is not after now (${now}): the kernel would look without a pause`,
    );
}

/** What a person is asked to approve must still be the same a second later. */
function checkSteady(kind: Kind, want: Resource, state: unknown, now: number): void {
  const at = (ms: number): readonly Change[] => kind.diff?.(want.spec, state, undefined, ms, want) ?? [];
  const later = at(now + 1_000);
  for (const { action, path, from, to, slot } of at(now)) {
    const same = later.find((change) => change.action === action && change.path === path);
    if (same === undefined || slot !== undefined || (deepEqual(same.from, from) && deepEqual(same.to, to))) continue;
    const where = path === '' ? 'the whole resource' : path;
    throw new Error(`diff gives ${where} other values each second: name the \`slot\` to which a person could say yes`);
  }
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
