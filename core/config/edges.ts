// What stands under `after:`, as edges: whom a resource waits for, until what, and what the loss of it means.
import type { Edge, Until } from '../contract/kind.ts';
import type { Ref } from '../model/ref.ts';
import type { Infer } from '../schema/schema.ts';
import type { commonKeys } from '../schema/reserved.ts';

type Written = Infer<typeof commonKeys>['after'];

const UNTIL = { ready: 'Ready', started: 'Started', completed: 'Completed' } as const;

/** In the order in which they are written. */
export function edgesOf(after: Written): readonly Edge[] {
  if (isList(after)) return Object.freeze(after.map((ref) => edge(ref, 'Ready', 'ignore')));
  return Object.freeze(
    Object.entries(after).map(([ref, one]) => {
      if (typeof one === 'string') return edge(ref as Ref, UNTIL[one], 'ignore');
      const until = typeof one.until === 'string' ? UNTIL[one.until] : (`Log /${one.until.log}/` as const);
      return edge(ref as Ref, until, one.onLoss);
    }),
  );
}

const isList = (after: Written): after is readonly Ref[] => Array.isArray(after);
const edge = (ref: Ref, until: Until, onLoss: Edge['onLoss']): Edge => Object.freeze({ ref, until, onLoss });
