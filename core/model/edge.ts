// What one resource waits for in another: in words for people, and seen from the other.
import type { Edge, Until } from '../contract/kind.ts';
import type { Ref } from './ref.ts';

/** `to be ready`, `to print a line that matches /listening/`: after "waits for service/web". */
export function untilText(until: Until): string {
  if (until.startsWith('Log ')) return `to print a line that matches ${until.slice('Log '.length)}`;
  return `to be ${until.toLowerCase()}`;
}

/** `service/db to be ready, service/migrate to be completed`. */
export const edgesText = (edges: readonly Edge[]): string =>
  edges.map(({ ref, until }) => `${ref} ${untilText(until)}`).join(', ');

export interface Dependent {
  readonly ref: Ref;
  readonly until: Until;
}

/** For each ref that others come after: who, and until what. */
export function dependentsOf(
  resources: Iterable<{ readonly ref: Ref; readonly after: readonly Edge[] }>,
): ReadonlyMap<Ref, readonly Dependent[]> {
  const dependents = new Map<Ref, Dependent[]>();
  for (const { ref, after } of resources) {
    for (const { ref: other, until } of after) {
      const list = dependents.get(other);
      if (list === undefined) dependents.set(other, [{ ref, until }]);
      else list.push({ ref, until });
    }
  }
  return dependents;
}

/** The conditions that are waited for, each once, in a fixed order. */
export const awaitedBy = (dependents: readonly Dependent[] = []): readonly Until[] =>
  [...new Set(dependents.map(({ until }) => until))].sort();
