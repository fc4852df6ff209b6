// What lives on when nobody watches the realm any more: runs, and whatever its plugins started.
import type { Door, RunRow } from '../api/door.ts';
import type { RealmEvents } from '../contract/events.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { Call } from './shell.ts';

export interface GoingOn {
  readonly runs: readonly RunRow[];
  /** Resources that were running when they were last looked at; when all was to end, what could not be ended. */
  readonly started: readonly Ref[];
}

export const NOTHING: GoingOn = { runs: [], started: [] };

/** To be asked once the daemon has ended. `everything`: it ended what it had started, and said what was left. */
export async function goingOn(call: Call, everything: boolean): Promise<GoingOn> {
  try {
    const door = await call.door('look');
    const runs = await door.runs({ state: 'running' });
    if (everything) return { runs, started: await leftOf(door) };
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

/** As the last that held the realm said when it ended. */
async function leftOf(door: Door): Promise<readonly Ref[]> {
  for await (const { data } of door.events({ last: 1, type: 'realm.stopped' }))
    return (data as RealmEvents['realm.stopped']).left ?? [];
  return [];
}
