// realm stop, start, pause, hold, resume: an operator's word about resources, kept until its opposite.
import type { Door, OverrideView } from '../../api/door.ts';
import type { Ref } from '../../model/ref.ts';
import { instant } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { refArguments } from '../refs.ts';
import { writeJson } from '../render/json.ts';
import { say } from '../render/say.ts';
import { whenText } from '../render/time.ts';
import type { Call } from '../shell.ts';

type Effect = OverrideView['effect'];
/** What each opposite takes back. */
const OPPOSITES: Readonly<Record<string, readonly Effect[]>> = {
  start: ['stop'],
  resume: ['pause', 'hold', 'maintenance'],
};

/** All are known before the first word is kept. */
export async function run(call: Call<{ readonly why?: string; readonly until?: string }>): Promise<number> {
  const { verb, args, flags, shell } = call;
  const until = flags.until === undefined ? undefined : instant('--until', flags.until, shell.clock.now());
  const door = await call.door('act');
  const refs = await refArguments(args, door);
  const why = flags.why ?? `\`realm ${verb}\` on the command line`;
  const opposites = OPPOSITES[verb];
  if (opposites !== undefined) return takeBack(call, door, refs, opposites, why);
  const wish = { effect: verb as Effect, why, actor: shell.actor, ...(until === undefined ? {} : { until }) };
  const overrides: OverrideView[] = [];
  try {
    for (const ref of refs) overrides.push(await door.setOverride({ ref, ...wish }));
  } finally {
    if (overrides.length > 0) tellSet(call, overrides); // also those before one that cannot be stopped
  }
  return EXIT.done;
}

function tellSet({ globals, out, shell }: Call, overrides: readonly OverrideView[]): void {
  if (globals.json) return writeJson(out, { overrides });
  for (const { ref, effect, until } of overrides) {
    const back = effect === 'stop' ? 'start' : 'resume';
    const end = until === null ? '' : ` It ends by itself ${whenText(until, shell.clock.now())}.`;
    say(out, `${ref}: ${effect} counts from now on; \`realm ${back} ${ref}\` takes it back.${end}`);
  }
}

async function takeBack(
  { verb, globals, out, shell }: Call,
  door: Door,
  refs: readonly Ref[],
  effects: readonly Effect[],
  why: string,
): Promise<number> {
  const standing = (await door.overrides()).filter(({ effect }) => effects.includes(effect));
  const taken = refs.map((ref) => ({
    ref,
    cleared: standing.filter((one) => one.ref === ref).map(({ effect }) => effect),
  }));
  for (const { ref, cleared } of taken)
    for (const effect of cleared) await door.clearOverride({ ref, effect, why, actor: shell.actor });
  if (globals.json) writeJson(out, { taken });
  else for (const { ref, cleared } of taken) say(out, takenText(ref, cleared, verb, effects));
  return EXIT.done;
}

function takenText(ref: Ref, cleared: readonly Effect[], verb: string, effects: readonly Effect[]): string {
  if (cleared.length === 0)
    return `${ref}: nothing to ${verb}; no ${effects.join(', ').replace(/, ([^,]*)$/, ' or $1')} stands.`;
  return `${ref}: ${cleared.join(' and ')} ${cleared.length === 1 ? 'no longer counts' : 'no longer count'}.`;
}
