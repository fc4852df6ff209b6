// realm status: what is ready and what is not.
import { refArgument } from '../refs.ts';
import { writeJson } from '../render/json.ts';
import { resourceText, statusText } from '../render/status.ts';
import { EXIT } from '../exit-codes.ts';
import type { Call } from '../shell.ts';

export async function run(call: Call): Promise<number> {
  const { args, globals, out, shell } = call;
  const door = await call.door('look');
  const [typed] = args;
  const status = await door.status(typed === undefined ? undefined : await refArgument(typed, door));
  const nowMs = shell.clock.now();
  if (globals.json) writeJson(out, status);
  else if (typed === undefined) out.write(statusText(status, out, nowMs));
  else out.write(status.resources.map((view) => resourceText(view, out, nowMs)).join('\n'));
  return EXIT.done;
}
