// realm approvals: what waits for a yes, and what was answered.
import { EXIT } from '../exit-codes.ts';
import { writeJson } from '../render/json.ts';
import { approvalsText } from '../render/lists.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call): Promise<number> {
  const { globals, out, shell } = call;
  const approvals = await (await call.door('look')).approvals();
  if (globals.json) writeJson(out, { approvals });
  else out.write(approvalsText(approvals, out, shell.clock.now()));
  return EXIT.done;
}
