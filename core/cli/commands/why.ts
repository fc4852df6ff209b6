// realm why REF: the reasons, the most direct first, and what led there.
import type { WhyView } from '../../api/door.ts';
import { EXIT } from '../exit-codes.ts';
import { refArgument } from '../refs.ts';
import { writeJson } from '../render/json.ts';
import { eventText, runsText } from '../render/lists.ts';
import { resourceText } from '../render/status.ts';
import type { Output } from '../render/terminal.ts';
import { printable, wrap } from '../render/text.ts';
import type { Call } from '../shell.ts';

const READABLE_CELLS = 100;

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
  const cells = Math.min(out.columns, READABLE_CELLS) - 2;
  const paragraphs = reasons.map(
    (reason) =>
      `${wrap(printable(reason), cells)
        .map((line, i) => `${i === 0 ? '' : '  '}${line}`)
        .join('\n')}\n`,
  );
  const parts = [
    paragraphs.length === 0 ? `Nothing is wrong with ${ref}.\n` : paragraphs.join(''),
    waitsFor.length === 0 ? '' : `\nWaits for: ${waitsFor.join(', ')}\n`,
    resource === null ? '' : `\n${resourceText(resource, out, nowMs)}`,
    runs.length === 0 ? '' : `\n${paint('bold', 'Runs')}\n${runsText(runs, out, nowMs)}`,
    events.length === 0 ? '' : `\n${paint('bold', 'Events')}\n${events.map((event) => eventText(event, out)).join('')}`,
  ];
  return parts.join('');
}
