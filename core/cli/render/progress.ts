// How an apply goes on: a line for each finished resource, and on a terminal one more that says what is in hand.
import type { ApplyEnd, ApplyListener, ApplyReport, ApplyStepView } from '../../api/door.ts';
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { cut, plural, printable } from './text.ts';

const ENDS: Readonly<Record<ApplyEnd, Style>> = {
  applied: 'green',
  unchanged: 'dim',
  failed: 'red',
  waiting: 'yellow',
  held: 'yellow',
  blocked: 'red',
  unknown: 'yellow',
};
const WORDS: Readonly<Record<string, string>> = {
  create: 'created',
  update: 'changed',
  replace: 'replaced',
  remove: 'removed',
  forget: 'forgotten',
};
const CLEAR_LINE = '\r\u001b[K';

export function stepText(step: ApplyStepView, { paint }: Output): string {
  const word = step.end === 'applied' ? (WORDS[step.action ?? ''] ?? 'applied') : step.end;
  const why = step.why === '' || step.why === step.end ? '' : `  ${printable(step.why)}`;
  return `${paint(ENDS[step.end], word)} ${paint('bold', step.ref)}${why}\n`;
}

export interface Progress {
  readonly tell: ApplyListener;
  /** Takes the moving line away; safe to call twice. */
  end(): void;
}

/** `total` is the number of resources the plan named. */
export function progress(output: Output, total: number): Progress {
  let finished = 0;
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) output.write(CLEAR_LINE);
    isDrawn = false;
  };
  return {
    tell: (step) => {
      clear();
      if ('end' in step) {
        finished += 1;
        if (step.end !== 'unchanged') output.write(stepText(step, output));
      } else if (output.isTTY) {
        const line = `${Math.min(finished + 1, total)} of ${total}  ${step.ref}  ${printable(step.phase)}`;
        output.write(output.paint('dim', cut(line, output.columns - 1)));
        isDrawn = true;
      }
    },
    end: clear,
  };
}

/** The last words of an apply. */
export function reportText({ steps, watched }: ApplyReport): string {
  const count = (end: ApplyEnd): number => steps.filter((step) => step.end === end).length;
  const ends = (Object.keys(ENDS) as ApplyEnd[]).filter((end) => count(end) > 0);
  const summary = steps.length === 0 ? 'Nothing to change' : ends.map((end) => `${count(end)} ${end}`).join(', ');
  const after = watched ? '' : `Nothing watches ${steps.length === 1 ? 'it' : 'these'} until \`realm up\`.\n`;
  return `${summary}${steps.length === 0 ? '' : ` of ${plural(steps.length, 'resource')}`}.\n${after}`;
}
