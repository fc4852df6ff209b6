// Refs as people type them: checked, and completed with a suggestion when there is no such resource.
import type { Door } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import { isRef, splitRef } from '../model/ref.ts';
import type { Ref } from '../model/ref.ts';
import { nearest } from '../schema/nearest.ts';
import { didYouMean } from './suggest.ts';

const LISTED = '`realm status` lists them.';

export const refsOf = async (door: Door): Promise<readonly Ref[]> =>
  (await door.status()).resources.map(({ ref }) => ref);

/** The one thing of that name, or else the nearest ref. */
export function refHint(typed: string, refs: readonly Ref[]): string | undefined {
  const sameName = refs.filter((ref) => splitRef(ref).name === typed || splitRef(ref).name === typed.split('/').at(-1));
  if (sameName.length === 1) return `Did you mean \`${sameName[0]}\`?`;
  return didYouMean(typed, refs) ?? nearName(typed, refs);
}

/** `wbe` is nearer to `web` than to `service/web`. */
function nearName(typed: string, refs: readonly Ref[]): string | undefined {
  const near = nearest(typed, new Set(refs.map((ref) => splitRef(ref).name)));
  const found = refs.filter((ref) => splitRef(ref).name === near);
  return found.length === 0 ? undefined : `Did you mean ${found.map((ref) => `\`${ref}\``).join(' or ')}?`;
}

/** Each is a ref, or a name that only one thing has. Throws REF_UNKNOWN for a name of nothing, and USAGE for a name of several. */
export async function refArguments(typed: readonly string[], door: Door): Promise<readonly Ref[]> {
  const refs = typed.every(isRef) ? [] : await refsOf(door);
  return [...new Set(typed.map((text) => (isRef(text) ? text : named(text, refs))))];
}

export const refArgument = async (typed: string, door: Door): Promise<Ref> => (await refArguments([typed], door))[0]!;

function named(typed: string, refs: readonly Ref[]): Ref {
  const found = refs.filter((ref) => splitRef(ref).name === typed);
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new RealmError('USAGE', `\`${typed}\` could be ${found.join(' or ')}.`, {
      hint: `Name one of them: \`${found[0]}\`.`,
    });
  throw new RealmError('REF_UNKNOWN', `There is nothing of the name \`${typed}\`.`, {
    hint: refHint(typed, refs) ?? LISTED,
  });
}

/** The same error with a suggestion, when it says that a ref is unknown. */
export async function withRefHint(failure: unknown, args: readonly string[], door: Door | undefined): Promise<unknown> {
  const isUnknownRef = failure instanceof RealmError && failure.code === 'REF_UNKNOWN';
  if (!isUnknownRef || door === undefined) return failure;
  const refs = await refsOf(door).catch(() => []); // the suggestion is a courtesy; the error itself is told anyway
  const isKnown = (arg: string): boolean => refs.some((ref) => ref === arg || splitRef(ref).name === arg);
  const typed = args.find((arg) => !isKnown(arg)) ?? '';
  const hint = refHint(typed, refs) ?? failure.hint ?? LISTED;
  return new RealmError('REF_UNKNOWN', failure.message, { hint, at: failure.at, cause: failure });
}
