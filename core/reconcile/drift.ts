// Says that the world moved, once for each time it did: a condition remembers what was told, for as long as it is so.
import type { Change, Condition } from '../contract/kind.ts';
import type { StandingCondition } from '../model/conditions.ts';
import type { Wanted } from './desired.ts';
import type { PassDeps } from './pass.ts';

const DRIFTED = 'Drifted';

export const isDrifted = ({ type }: Condition): boolean => type === DRIFTED;

export const fieldsOfDrift = (changes: readonly Change[]): string[] =>
  changes.filter(({ reason }) => reason !== 'config').map(({ path }) => path);

/** To be called when a difference is first seen in a pass; answers with the row as it then is. */
export function tellDrift(wanted: Wanted, changes: readonly Change[], { rows, clock, crash }: PassDeps): Wanted {
  const { row, want } = wanted;
  const fields = fieldsOfDrift(changes);
  if (fields.length === 0) return wanted;
  const message = rows.said(fields.map((path) => path || 'the whole resource').join(', '));
  const known = row.conditions.find(isDrifted);
  if (known?.status === 'True' && known.message === message) return wanted;
  const told: StandingCondition = {
    type: DRIFTED,
    status: 'True',
    reason: 'WorldMoved',
    message,
    since: known?.since ?? clock.now(),
  };
  const conditions = [...row.conditions.filter((one) => !isDrifted(one)), told];
  const data = { ref: want.ref, fields };
  crash('drift:before');
  rows.put(want.ref, { conditions }, [{ type: 'resource.drifted', ref: want.ref, actor: 'kernel', data }]);
  crash('drift:after');
  return { ...wanted, row: { ...row, conditions } };
}
