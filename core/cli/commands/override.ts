// realm stop, start, pause, hold, resume: an operator's word about a resource, kept until its opposite.
import type { Door, OverrideView } from '../../api/door.ts';
import type { Ref } from '../../model/ref.ts';
import { instant } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { refArgument } from '../refs.ts';
import { writeJson } from '../render/json.ts';
import { whenText } from '../render/time.ts';
import type { Call } from '../shell.ts';

type Effect = OverrideView['effect'];
/** What each opposite takes back. */
const OPPOSITES: Readonly<Record<string, readonly Effect[]>> = {
  start: ['stop'],
  resume: ['pause', 'hold', 'maintenance'],
};

export async function run(call: Call<{ readonly why?: string; readonly until?: string }>): Promise<number> {
  const { verb, args, flags, shell } = call;
  const until = flags.until === undefined ? undefined : instant('--until', flags.until, shell.clock.now());
  const door = await call.door('act');
  const ref = await refArgument(args[0]!, door);
  const why = flags.why ?? `\`realm ${verb}\` on the command line`;
  const opposites = OPPOSITES[verb];
  if (opposites !== undefined) return takeBack(call, door, ref, opposites, why);
  const wish = { ref, effect: verb as Effect, why, actor: shell.actor, ...(until === undefined ? {} : { until }) };
  return tellSet(call, await door.setOverride(wish));
}

function tellSet({ globals, out, shell }: Call, override: OverrideView): number {
  const { ref, effect, until } = override;
  const back = effect === 'stop' ? 'start' : 'resume';
  const end = until === null ? '' : ` It ends by itself ${whenText(until, shell.clock.now())}.`;
  if (globals.json) writeJson(out, { override });
  else out.write(`${ref}: ${effect} counts from now on; \`realm ${back} ${ref}\` takes it back.${end}\n`);
  return EXIT.done;
}

async function takeBack(
  { verb, globals, out, shell }: Call,
  door: Door,
  ref: Ref,
  effects: readonly Effect[],
  why: string,
): Promise<number> {
  const standing = (await door.overrides()).filter((one) => one.ref === ref && effects.includes(one.effect));
  for (const { effect } of standing) await door.clearOverride({ ref, effect, why, actor: shell.actor });
  const cleared = standing.map(({ effect }) => effect);
  if (globals.json) writeJson(out, { ref, cleared });
  else if (cleared.length === 0) out.write(`${ref}: nothing to ${verb}; no ${effects.join(' or ')} stands.\n`);
  else out.write(`${ref}: ${cleared.join(' and ')} no longer counts.\n`);
  return EXIT.done;
}
