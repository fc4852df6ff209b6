// realm down: ends the daemon; what it started lives on.
import type { RunRow } from '../../api/door.ts';
import { stopHolder } from '../../daemon/detach.ts';
import { RealmError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { runningText } from '../render/watch.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call): Promise<number> {
  const { globals, shell, out } = call;
  const { stateDir } = await placeOf(call.cwd, globals);
  const holder = await stopHolder({
    stateDir,
    clock: shell.clock,
    reason: `realm down by ${shell.actor}`,
    signal: shell.signal,
  });
  const runs = holder === undefined ? [] : await goingOn(call);
  if (globals.json) writeJson(out, { stopped: holder?.pid ?? null, running: runs });
  else if (holder === undefined) out.write('Nothing watched this realm.\n');
  else out.write(`Process ${holder.pid} has ended. ${runningText(runs)}`);
  return EXIT.done;
}

async function goingOn(call: Call): Promise<readonly RunRow[]> {
  try {
    return await (await call.door('look')).runs({ state: 'running' });
  } catch (error) {
    if (!(error instanceof RealmError)) throw error;
    return []; // the config is invalid by now, or in this shell; the daemon has ended all the same
  }
}
