// Of what a snapshot says it was made of, that which is still declared: a record on a disk does not decide where files go.
import { type ByteText, fromText } from '../byte-text.ts';
import type { Root } from '../policy.ts';
import { isIn } from './place.ts';

/** Where the roots lie below `data/`; undefined: it is not known. `left`: those that are not declared any more. */
export function placesOf(
  saved: readonly Root[] | undefined,
  declared: readonly Root[] | undefined,
): { readonly places: readonly ByteText[] | undefined; readonly left: readonly ByteText[] } {
  const all = saved?.map(({ as }) => fromText(as));
  if (all === undefined || declared === undefined) return { places: all, left: [] };
  const now = declared.map(({ as }) => fromText(as));
  const shared = (as: ByteText): readonly ByteText[] =>
    now.some((one) => isIn(as, one)) ? [as] : now.filter((one) => isIn(one, as));
  return { places: all.flatMap(shared), left: all.filter((as) => shared(as).length === 0) };
}
