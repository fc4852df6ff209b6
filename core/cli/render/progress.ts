// How an apply goes on: a line for each finished resource, and on a terminal one more that says what is in hand.
import type { ApplyEnd, ApplyListener, ApplyReport, ApplyStepView } from '../../api/door.ts';
import type { Ref } from '../../model/ref.ts';
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { cut, hang, padEnd, plural, printable, widthOf } from './text.ts';

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
/** More than fit into a line, however wide. */
const MOST_NAMED = 20;
const CLEAR_LINE = '\r\u001b[K';

export function stepText(step: ApplyStepView, { paint, columns }: Output): string {
  const word = step.end === 'applied' ? (WORDS[step.action ?? ''] ?? 'applied') : step.end;
  const head = `${padEnd(word, WORD_CELLS)} ${step.ref}`;
  const why = ['', step.end, word].includes(step.why) ? '' : `  ${printable(step.why)}`;
  const said = hang(why, columns, widthOf(head), WORD_CELLS + 3);
  return `${paint(ENDS[step.end], padEnd(word, WORD_CELLS))} ${paint('bold', step.ref)}${said}\n`;
}
const WORD_CELLS = 'unchanged'.length;

export interface Progress {
  readonly tell: ApplyListener;
  /** Takes the moving line away; safe to call twice. */
  end(): void;
  /** Says how far it came, when it is cut short. */
  interrupted(): void;
}

/** `refs` are the resources the plan named. */
export function progress(output: Output, refs: readonly Ref[]): Progress {
  const open = new Map(refs.map((ref) => [ref, '']));
  const inHand = new Set<Ref>();
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) output.write(CLEAR_LINE);
    isDrawn = false;
  };
  const draw = (): void => {
    if (!output.isTTY || open.size === 0) return;
    const named = [...inHand, ...open.keys().take(MOST_NAMED)].slice(0, MOST_NAMED); // what is in hand first
    const going = [...new Set(named)].map((ref) => (open.get(ref) ? `${ref} (${printable(open.get(ref)!)})` : ref));
    const line = `${refs.length - open.size} of ${refs.length} done; at ${going.join(', ')}`;
    output.write(output.paint('dim', cut(line, output.columns - 1)));
    isDrawn = true;
  };
  draw();
  return {
    tell: (step) => {
      clear();
      if (!('end' in step)) {
        if (!open.has(step.ref)) return draw();
        inHand.add(step.ref);
        open.set(step.ref, step.phase);
      } else if (step.end === 'waiting') {
        inHand.delete(step.ref);
        if (open.has(step.ref)) open.set(step.ref, step.why); // its turn comes; if not, the last words say so
      } else {
        inHand.delete(step.ref);
        open.delete(step.ref);
        if (step.end !== 'unchanged') output.write(stepText(step, output));
      }
      draw();
    },
    end: clear,
    interrupted: () => {
      clear();
      const done = refs.length - open.size;
      output.write(`Interrupted: ${done} of ${refs.length} done. \`realm plan\` shows what is left.\n`);
      open.clear(); // whatever ends now draws nothing over it
    },
  };
}

/** The last words of an apply: what still waits, and how many ended how. */
export function reportText({ steps, watched }: ApplyReport, output: Output): string {
  const { paint } = output;
  const count = (end: ApplyEnd): number => steps.filter((step) => step.end === end).length;
  const ends = (Object.keys(ENDS) as ApplyEnd[]).filter((end) => count(end) > 0);
  const waiting = steps.filter(({ end }) => end === 'waiting').map((step) => stepText(step, output));
  const counts = ends.map((end) => paint(ENDS[end], `${count(end)} ${end}`)).join(', ');
  const after = watched ? '' : `Nothing watches ${steps.length === 1 ? 'it' : 'these'} until \`realm up\`.\n`;
  if (steps.length === 0) return `Nothing to change.\n${after}`;
  return `${waiting.join('')}\n${plural(steps.length, 'resource')}: ${counts}.\n${after}`;
}
