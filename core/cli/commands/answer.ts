// realm approve, realm deny: a person's answer to exactly what was shown.
import { RealmError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { writeJson } from '../render/json.ts';
import { say } from '../render/say.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call<{ readonly why?: string }>): Promise<number> {
  const { verb, args, flags, globals, out, shell } = call;
  const why = flags.why?.trim() ?? '';
  if (verb === 'approve' && why === '')
    throw new RealmError('USAGE', 'A yes needs its reason, which is kept with it.', {
      hint: `realm approve ${args[0]} --why "..."`,
    });
  const state = verb === 'approve' ? 'approved' : 'denied';
  const answered = await (
    await call.door('act')
  ).answer(args[0]!, state, why === '' ? 'denied on the command line' : why, shell.actor);
  if (globals.json) writeJson(out, { approval: answered });
  else say(out, `${answered.ref}: ${answered.state}. ${answered.what}`);
  return EXIT.done;
}
