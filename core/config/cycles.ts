// Circles among resources that wait for each other, each named once and in full.
import type { Ref } from '../model/ref.ts';

/** Each circle begins with its member that comes first in the map, and does not repeat it at the end. */
export function cycles(after: ReadonlyMap<Ref, readonly Ref[]>): Ref[][] {
  const found: Ref[][] = [];
  const done = new Set<Ref>();
  for (const start of after.keys()) {
    if (!done.has(start)) walk(start, after, done, found);
  }
  return found;
}

/** Depth first, without recursion: a chain may be as long as the config. */
function walk(start: Ref, after: ReadonlyMap<Ref, readonly Ref[]>, done: Set<Ref>, found: Ref[][]): void {
  const trail: { readonly ref: Ref; next: number }[] = [{ ref: start, next: 0 }];
  const open = new Map<Ref, number>([[start, 0]]);
  while (trail.length > 0) {
    const top = trail.at(-1)!;
    const next = after.get(top.ref)?.[top.next++];
    if (next === undefined) {
      done.add(top.ref);
      open.delete(top.ref);
      trail.pop();
    } else if (open.has(next)) {
      found.push(trail.slice(open.get(next)).map(({ ref }) => ref));
    } else if (!done.has(next) && after.has(next)) {
      open.set(next, trail.length);
      trail.push({ ref: next, next: 0 });
    }
  }
}
