// realm runs: executions that take time, newest first.
import { RealmError } from '../../errors.ts';
import { count } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { refArgument } from '../refs.ts';
import { writeJson } from '../render/json.ts';
import { runsText } from '../render/lists.ts';
import type { Call } from '../shell.ts';
import { didYouMean } from '../suggest.ts';

const LIMIT = 50; // for people; a program gets all
const STATES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'lost'];

export async function run(call: Call<{ readonly only?: string; readonly limit?: string }>): Promise<number> {
  const { args, flags, globals, out, shell } = call;
  const { only: state } = flags;
  if (state !== undefined && !STATES.includes(state))
    throw new RealmError('USAGE', `\`--only ${state}\`: no state of a run.`, {
      hint: didYouMean(state, STATES) ?? `One of: ${STATES.join(', ')}.`,
    });
  const limit =
    flags.limit !== undefined ? count('--limit', flags.limit) : globals.json ? Number.MAX_SAFE_INTEGER : LIMIT;
  const door = await call.door('look');
  const runs = await door.runs({
    limit,
    ...(args[0] === undefined ? {} : { ref: await refArgument(args[0], door) }),
    ...(state === undefined ? {} : { state }),
  });
  if (globals.json) writeJson(out, { runs });
  else out.write(runsText(runs, out, shell.clock.now()));
  return EXIT.done;
}
