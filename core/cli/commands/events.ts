// realm events: what happened, oldest first; with --follow, as it happens.
import { count } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { refArgument } from '../refs.ts';
import { eventLines } from '../render/event.ts';
import { writeJsonLine } from '../render/json.ts';
import type { Call } from '../shell.ts';

const LAST = 50;

interface EventsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly type?: string;
  readonly ref?: string;
}

export async function run(call: Call<EventsFlags>): Promise<number> {
  const { flags, globals, out, shell } = call;
  const since = flags.since === undefined ? { last: LAST } : { since: count('--since', flags.since) };
  const door = await call.door('look');
  const query = {
    ...since,
    follow: flags.follow === true,
    ...(flags.type === undefined ? {} : { type: flags.type }),
    ...(flags.ref === undefined ? {} : { ref: await refArgument(flags.ref, door) }),
  };
  const left = AbortSignal.any([shell.signal, shell.terminal.readerLeft]);
  const lines = eventLines(out);
  let any = false;
  for await (const event of door.events(query, left)) {
    if (globals.json) writeJsonLine(out, event);
    else out.write(lines(event));
    any = true;
    if (left.aborted) break;
  }
  if (!any && !globals.json && flags.follow !== true) out.write('No events.\n');
  return EXIT.done;
}
