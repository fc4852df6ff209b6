// What one ref lets go of because another is declared to be that very thing: from then on the other one answers for it.
import type { Kind } from '../contract/kind.ts';
import type { Ref } from '../model/ref.ts';
import { appliedOf, identityOf, mayExist, type Thing } from './desired.ts';
import type { PassDeps } from './pass.ts';

/** Before the first forgets it, so that a crash in between leaves it known to both. The other may never get to take it. */
export function handOver(
  ref: Ref,
  things: readonly Thing[],
  kind: Kind,
  { rows, heirOf, clock, crash }: Pick<PassDeps, 'rows' | 'heirOf' | 'clock' | 'crash'>,
): void {
  const identity = ({ spec }: Thing): string => identityOf(kind, appliedOf({ lastSpec: spec })!.spec);
  for (const thing of things) {
    const heir = heirOf(kind, appliedOf({ lastSpec: thing.spec })!.spec, ref);
    const row = heir === undefined ? undefined : rows.get(heir);
    if (row === undefined || mayExist(row, kind).some((known) => identity(known) === identity(thing))) continue;
    const { intent } = row;
    const left = [...(intent?.left ?? []), thing];
    crash('hand-over:before');
    rows.put(row.ref, { intent: { ...(intent ?? { what: 'replace', at: clock.now() }), left } }, [], true);
    crash('hand-over:after');
  }
}
