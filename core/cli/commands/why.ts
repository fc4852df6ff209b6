// realm why REF: the reasons, the most direct first, and what led there.
import type { WhyView } from '../../api/door.ts';
import { EXIT } from '../exit-codes.ts';
import { refArgument } from '../refs.ts';
import { eventLines } from '../render/event.ts';
import { writeJson } from '../render/json.ts';
import { runsText } from '../render/lists.ts';
import { headText } from '../render/status.ts';
import type { Output } from '../render/terminal.ts';
import { hang, printable } from '../render/text.ts';
import { whenText, withLocalTimes } from '../render/time.ts';
import type { Call } from '../shell.ts';

const READABLE_CELLS = 100;
const NOT_LOOKED = 'It was not looked at yet; `realm apply` or `realm up` does that.';

export async function run(call: Call): Promise<number> {
  const { args, globals, out, shell } = call;
  const door = await call.door('look');
  const view = await door.why(await refArgument(args[0]!, door));
  if (globals.json) writeJson(out, view);
  else out.write(whyText(view, out, shell.clock.now()));
  return EXIT.done;
}

export function whyText(
  { ref, reasons, resource, waitsFor, runs, events }: WhyView,
  out: Output,
  nowMs: number,
): string {
  const { paint } = out;
  const cells = Math.min(out.columns, READABLE_CELLS);
  const bullets = reasons.map((reason) => `  - ${hang(printable(timed(reason, out, nowMs)), cells, 4, 4)}\n`);
  const lines = eventLines(out);
  const parts = [
    resource === null ? `${paint('bold', ref)}\n` : headText(resource, out),
    bullets.length === 0
      ? `  ${resource?.ready === true ? 'Nothing is wrong with it.' : NOT_LOOKED}\n`
      : bullets.join(''),
    waitsFor.length === 0 ? '' : `  waits for: ${waitsFor.join(', ')}\n`,
    resource?.nextLookAt === undefined ? '' : `  looked at again ${whenText(resource.nextLookAt, nowMs)}\n`,
    runs.length === 0 ? '' : `\n${paint('bold', 'Runs')}\n${runsText(runs, out, nowMs)}`,
    events.length === 0 ? '' : `\n${paint('bold', 'Events')}\n${events.map(lines).join('')}`,
  ];
  return parts.join('');
}

/** For a person at a terminal, times as the clock on the wall has them. */
const timed = (text: string, { columns }: Output, nowMs: number): string =>
  Number.isFinite(columns) ? withLocalTimes(text, nowMs) : text;
