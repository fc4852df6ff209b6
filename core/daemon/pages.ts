// Lists over HTTP come in pages: `?limit=&after=`, and `next` in the body, which is null on the last one.
import { RealmError } from '../errors.ts';
import { s } from '../schema/schema.ts';

const PAGE = 100;
export const LARGEST_PAGE = 1_000;

/** Query keys of every list. `after` is what `next` said. */
export const paged = {
  limit: s.integer({ minimum: 1, maximum: LARGEST_PAGE }).optional(),
  after: s.string({ minLength: 1, maxLength: 1_000 }).optional(),
};

export interface PageQuery {
  /** Default 100. */
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** The page of a whole list. Throws LIST_MOVED when the item that `after` names has left it. */
export function pageOf<T>(all: readonly T[], keyOf: (item: T) => string, { limit, after }: PageQuery): Page<T> {
  const from = after === undefined ? 0 : all.findIndex((item) => keyOf(item) === after) + 1;
  if (after !== undefined && from === 0)
    throw new RealmError('LIST_MOVED', `${after} is no longer in this list`, { hint: 'read it from its beginning' });
  return firstOf(all.slice(from), keyOf, limit);
}

/** The page of a list that was asked for one item more than the page holds: `oneMore(limit)`. */
export function firstOf<T>(found: readonly T[], keyOf: (item: T) => string, limit = PAGE): Page<T> {
  const items = found.slice(0, limit);
  return { items, next: found.length > limit ? keyOf(items.at(-1)!) : null };
}

export const oneMore = (limit = PAGE): number => limit + 1;
