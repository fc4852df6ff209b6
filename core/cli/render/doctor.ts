// What `realm doctor` found: one line each, what to type below it, and the count.
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { padEnd, plural, printable, wrap } from './text.ts';

export interface Checked {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly message: string;
  readonly hint?: string;
}

const STYLES: Readonly<Record<Checked['state'], Style>> = { ok: 'green', warning: 'yellow', problem: 'red' };
const STATE_CELLS = 'problem'.length;
const MOST_CELLS = 110;

export function doctorText(checked: readonly Checked[], { paint, columns }: Output): string {
  const nameCells = Math.max(0, ...checked.map(({ check }) => check.length));
  const margin = ' '.repeat(STATE_CELLS + 2 + nameCells + 2);
  const cells = Math.max(30, Math.min(columns, MOST_CELLS) - margin.length);
  const lines = checked.map(({ check, state, message, hint }, i) => {
    const name = checked[i - 1]?.check === check ? '' : check;
    const head = `${paint(STYLES[state], padEnd(state, STATE_CELLS))}  ${paint('bold', padEnd(name, nameCells))}  `;
    const said = wrap(printable(message), columns === Infinity ? Infinity : cells).join(`\n${margin}`);
    return `${head}${said}\n${hint === undefined ? '' : `${margin}${paint('cyan', printable(hint))}\n`}`;
  });
  return `${lines.join('')}\n${summary(checked)}\n`;
}

function summary(checked: readonly Checked[]): string {
  const count = (state: Checked['state']): number => checked.filter((one) => one.state === state).length;
  const bad = [
    ...(count('problem') === 0 ? [] : [plural(count('problem'), 'problem')]),
    ...(count('warning') === 0 ? [] : [plural(count('warning'), 'warning')]),
  ];
  return `${plural(checked.length, 'check')}: ${bad.length === 0 ? 'all is as it should be' : bad.join(', ')}.`;
}
