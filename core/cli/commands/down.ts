// realm down: ends the daemon; what it started lives on.
import { stopHolder } from '../../daemon/detach.ts';
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
  const runs = holder === undefined ? [] : await (await call.door('look')).runs({ state: 'running' });
  if (globals.json) writeJson(out, { stopped: holder?.pid ?? null, running: runs });
  else if (holder === undefined) out.write('Nothing watched this realm.\n');
  else out.write(`Process ${holder.pid} has ended. ${runningText(runs)}`);
  return EXIT.done;
}
