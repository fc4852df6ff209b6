// realm why REF: the reasons, the most direct first, and what led there.
import type { WhyView } from '../../api/door.ts';
import { EXIT } from '../exit-codes.ts';
import { refArgument } from '../refs.ts';
import { eventLines } from '../render/event.ts';
import { writeJson } from '../render/json.ts';
import { runsText } from '../render/lists.ts';
import { headText, nextLookText } from '../render/status.ts';
import type { Output } from '../render/terminal.ts';
import { hang, printable } from '../render/text.ts';
import { timesFor } from '../render/time.ts';
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
  const bullets = reasons.map((reason) => bulletOf(timesFor(out, reason, nowMs), cells));
  const lines = eventLines(out);
  const next = resource === null ? undefined : nextLookText(resource, nowMs);
  const parts = [
    resource === null ? `${paint('bold', ref)}\n` : headText(resource, out),
    bullets.length === 0
      ? `  ${resource?.ready === true ? 'Nothing is wrong with it.' : NOT_LOOKED}\n`
      : bullets.join(''),
    waitsFor.length === 0 ? '' : `  waits for: ${waitsFor.join(', ')}\n`,
    next === undefined ? '' : `  ${next}\n`,
    runs.length === 0 ? '' : `\n${paint('bold', 'Runs')}\n${runsText(runs, out, nowMs)}`,
    events.length === 0 ? '' : `\n${paint('bold', 'Events')}\n${events.map(lines).join('')}`,
  ];
  return parts.join('');
}

/** What a program said last stands below, line by line. */
function bulletOf(reason: string, cells: number): string {
  const [first = '', ...said] = reason.split(/\r?\n/);
  const lines = said.map((line) => `      | ${hang(printable(line), cells, 8, 8)}\n`);
  return `  - ${hang(printable(first), cells, 4, 4)}\n${lines.join('')}`;
}
