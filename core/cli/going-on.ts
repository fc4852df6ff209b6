// What lives on when nobody watches the realm any more: runs, and whatever its plugins started.
import type { RunRow } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { Call } from './shell.ts';

export interface GoingOn {
  readonly runs: readonly RunRow[];
  /** Resources that were running when they were last looked at. */
  readonly started: readonly Ref[];
}

export const NOTHING: GoingOn = { runs: [], started: [] };

/** To be asked once the daemon has ended. `everything`: it ended what it had started, and told nobody any more. */
export async function goingOn(call: Call, everything: boolean): Promise<GoingOn> {
  try {
    const door = await call.door('look');
    const runs = await door.runs({ state: 'running' });
    if (everything) return { runs, started: [] };
    const { resources } = await door.status();
    const runsStill = resources.filter(({ conditions }) =>
      conditions.some(({ type, status }) => type === 'Started' && status === 'True'),
    );
    return { runs, started: runsStill.map(({ ref }) => ref) };
  } catch (error) {
    if (!(error instanceof RealmError)) throw error;
    return NOTHING; // the config is invalid by now, or in this shell; the daemon has ended all the same
  }
}
