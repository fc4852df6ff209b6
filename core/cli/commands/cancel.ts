// realm cancel RUN: asks a run to end.
import { EXIT } from '../exit-codes.ts';
import { writeJson } from '../render/json.ts';
import { say } from '../render/say.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call<{ readonly why?: string }>): Promise<number> {
  const { args, flags, globals, out, shell } = call;
  const why = flags.why ?? 'cancelled on the command line';
  const cancelled = await (await call.door('act')).cancel(args[0]!, why, shell.actor);
  if (globals.json) writeJson(out, { run: cancelled });
  else say(out, `Run ${cancelled.id} (${cancelled.action}) is ${cancelled.state}.`);
  return EXIT.done;
}
