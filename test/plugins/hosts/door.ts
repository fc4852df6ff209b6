// Plan and apply of a staged realm, in the fewest words.
import type { ApplyReport, PlanView } from '../../../core/api/door.ts';
import type { Stage } from './stage.ts';

export interface Asked {
  plan(): Promise<PlanView>;
  apply(): Promise<ApplyReport>;
}

export function kernelDoor({ realm, kernel }: Stage): Asked {
  const door = realm.door(kernel);
  return { plan: () => door.plan({}), apply: () => door.apply({ actor: 'user:ann' }) };
}
