// "Did you mean": the known word that a mistyped one was probably meant to be.
import { nearest } from '../schema/nearest.ts';

/** `Did you mean x?`, or undefined when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const found = nearest(word, candidates);
  return found === undefined ? undefined : `Did you mean \`${found}\`?`;
}
