// realm drift: what moved although the config did not; changes nothing.
import { EXIT } from '../exit-codes.ts';
import { writeJson } from '../render/json.ts';
import { planText } from '../render/plan.ts';
import type { Call } from '../shell.ts';
import type { Scope } from './plan.ts';
import { exitOfLook, scopeOf } from './plan.ts';

export async function run(call: Call<Scope>): Promise<number> {
  const { globals, out, flags } = call;
  const found = await (await call.door('look')).drift(scopeOf(flags));
  if (globals.json) writeJson(out, found);
  else out.write(planText(found, out, 'Drift'));
  return exitOfLook(found, EXIT.drift);
}
