// Refs as people type them: checked, and completed with a suggestion when there is no such resource.
import type { Door } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import { isRef, splitRef } from '../model/ref.ts';
import type { Ref } from '../model/ref.ts';
import { didYouMean } from './suggest.ts';

export const refsOf = async (door: Door): Promise<readonly Ref[]> =>
  (await door.status()).resources.map(({ ref }) => ref);

/** `web` alone points to `service/web` when that is the only one; else the nearest ref. */
export function refHint(typed: string, refs: readonly Ref[]): string | undefined {
  const sameName = refs.filter((ref) => splitRef(ref).name === typed || splitRef(ref).name === typed.split('/').at(-1));
  if (sameName.length === 1) return `Did you mean \`${sameName[0]}\`?`;
  return didYouMean(typed, refs);
}

/** Throws USAGE when the text cannot be a ref. */
export async function refArgument(typed: string, door: Door): Promise<Ref> {
  if (isRef(typed)) return typed;
  throw new RealmError('USAGE', `\`${typed}\` is no ref; a ref is kind/name, as in service/web.`, {
    hint: refHint(typed, await refsOf(door)) ?? '`realm status` lists them.',
  });
}

/** The same error with a suggestion, when it says that a ref is unknown. */
export async function withRefHint(failure: unknown, args: readonly string[], door: Door | undefined): Promise<unknown> {
  const isUnknownRef = failure instanceof RealmError && failure.code === 'REF_UNKNOWN';
  if (!isUnknownRef || door === undefined) return failure;
  const typed = args.find((arg) => isRef(arg)) ?? '';
  const refs = await refsOf(door).catch(() => []); // the suggestion is a courtesy; the error itself is told anyway
  const hint = refHint(typed, refs) ?? failure.hint ?? '`realm status` lists them.';
  return new RealmError('REF_UNKNOWN', failure.message, { hint, at: failure.at, cause: failure });
}
