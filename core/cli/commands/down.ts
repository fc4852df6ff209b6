// realm down: ends the daemon; what it started lives on, unless that is to end too.
import { existsSync } from 'node:fs';
import { endEverything } from '../../api/local.ts';
import { stopHolder } from '../../daemon/detach.ts';
import { EXIT } from '../exit-codes.ts';
import { goingOn, NOTHING } from '../going-on.ts';
import { type Place, placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { runningText } from '../render/watch.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call<{ readonly services?: boolean }>): Promise<number> {
  const { flags, globals, shell, out } = call;
  const { clock, signal } = shell;
  const place = await placeOf(call.cwd, globals);
  const { stateDir } = place;
  const everything = flags.services === true;
  const holder = await stopHolder({ stateDir, clock, reason: `realm down by ${shell.actor}`, everything, signal });
  const isDone = holder?.hasHeard === true && holder.purpose === 'daemon';
  if (everything && !isDone && existsSync(stateDir)) await endHere(call, place);
  const living = holder === undefined && !everything ? NOTHING : await goingOn(call, everything);
  const { runs: running, started } = living;
  if (globals.json) writeJson(out, { stopped: holder?.pid ?? null, running, started });
  else {
    const ended = holder === undefined ? 'Nothing watched this realm.' : `Process ${holder.pid} has ended.`;
    out.write(holder === undefined && !everything ? `${ended}\n` : runningText(living, out, ended));
  }
  return everything && started.length > 0 ? EXIT.failed : EXIT.done;
}

/** No daemon is there to do it. */
function endHere({ globals, shell }: Call, { file, stateDir }: Place): Promise<void> {
  const { env, clock, signal, terminal } = shell;
  const tell = (sentence: string): void => terminal.err.write(`${sentence}\n`);
  const { profile, wait } = globals;
  return endEverything({ file, profile, stateDir, env, clock, signal, wait, need: 'act', purpose: 'realm down', tell });
}
