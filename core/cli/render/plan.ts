// A plan as people read it: what would change, from what to what, why, and what stands in the way.
import type { ChangeView, FieldView, PlannedAction, PlanView } from '../../api/door.ts';
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { cut, padEnd, plural, printable, widthOf } from './text.ts';

interface Sign {
  readonly glyph: string;
  readonly style: Style;
  readonly word: string;
}
const SIGNS: Readonly<Record<PlannedAction, Sign>> = {
  create: { glyph: '+', style: 'green', word: 'create' },
  update: { glyph: '~', style: 'yellow', word: 'change' },
  replace: { glyph: '±', style: 'magenta', word: 'replace' },
  remove: { glyph: '-', style: 'red', word: 'remove' },
  forget: { glyph: '- forget', style: 'red', word: 'forget' },
};
const ORDER = Object.keys(SIGNS) as PlannedAction[];
const REASONS = { config: 'config', drift: 'drift', both: 'config and drift' } as const;
const LEGEND = '+ create  ~ change  ± replace (a new one first)  - remove  - forget (let go; the data stays)';

/** A value as YAML would write it on one line; absent is `(none)`. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return '(none)';
  return printable(typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value)));
}

/** Two long texts are told apart by their first line that differs. */
function textDifference(from: string, to: string): string {
  const [before, after] = [from.split('\n'), to.split('\n')];
  const at = before.findIndex((line, i) => line !== after[i]);
  const line = at < 0 ? before.length : at;
  return `line ${line + 1}: ${valueText(before[line])} -> ${valueText(after[line])}`;
}

function fieldText({ from, to, shown }: FieldView, action: PlannedAction): string {
  const [before, after] = [shownText(shown?.from, from), shownText(shown?.to, to)];
  if (action === 'create') return after;
  if (typeof from === 'string' && typeof to === 'string' && /\n./.test(from + to)) return textDifference(from, to);
  return `${before} -> ${after}`;
}

const shownText = (shown: string | undefined, value: unknown): string =>
  shown === undefined ? valueText(value) : printable(shown);

function changeText(change: ChangeView, refCells: number, { paint, columns }: Output): string {
  const { glyph, style } = SIGNS[change.action];
  const head = `${paint(style, glyph)} ${paint('bold', change.ref)}`;
  const reason = [REASONS[change.reason], change.because].filter((part) => part !== undefined).join(', ');
  const keeps = change.keeps === undefined ? '' : ` (kept: ${printable(change.keeps)})`;
  const gap = ' '.repeat(Math.max(0, refCells - widthOf(`${glyph} ${change.ref}`)) + 2);
  const fields = change.fields.filter(({ path }) => path !== '');
  const pathCells = Math.min(40, Math.max(0, ...fields.map(({ path }) => widthOf(path))));
  const details = fields.map((field) =>
    cut(`    ${padEnd(printable(field.path), pathCells)}  ${fieldText(field, change.action)}`, columns),
  );
  const held = change.held === undefined ? [] : [`    ${paint('yellow', 'held:')} ${printable(change.held)}`];
  return [`${head}${gap}${paint('dim', reason + keeps)}`, ...details, ...held].map((line) => `${line}\n`).join('');
}

/** `1 to create, 2 to change (1 held)`. */
export function totals(changes: readonly ChangeView[]): string {
  const counts = ORDER.map((action) => ({
    count: changes.filter((change) => change.action === action).length,
    word: SIGNS[action].word,
  }));
  const held = changes.filter((change) => change.held !== undefined).length;
  const parts = counts.filter(({ count }) => count > 0).map(({ count, word }) => `${count} to ${word}`);
  return parts.join(', ') + (held === 0 ? '' : ` (${held} held)`);
}

function unseenText({ unseen }: PlanView, { paint }: Output): string {
  const lines = unseen.map(({ ref, why, elsewhere }) =>
    elsewhere
      ? `${paint('dim', `· ${ref}  ${printable(why)}`)}\n`
      : `${paint('yellow', '?')} ${paint('bold', ref)}  could not be looked at: ${printable(why)}\n`,
  );
  return lines.join('');
}

/** The whole plan. `word` is what a change is called here: `Plan` or `Drift`. */
export function planText(plan: PlanView, output: Output, word: 'Plan' | 'Drift'): string {
  const { paint } = output;
  const { changes, unseen, closure } = plan;
  const refCells = Math.max(0, ...changes.map(({ ref, action }) => widthOf(`${SIGNS[action].glyph} ${ref}`)));
  const looked = `${plural(plan.looked, 'resource')} looked at`;
  const blind = unseen.filter(({ elsewhere }) => !elsewhere).length;
  const unknown = blind === 0 ? '' : `, ${blind} unknown`;
  const none = word === 'Plan' ? 'Nothing to change' : 'No drift';
  const body = changes.map((change) => changeText(change, refCells, output)).join('');
  const pulled = closure.length === 0 ? '' : `Because targets come after them, also: ${closure.join(', ')}\n`;
  if (changes.length === 0) return `${unseenText(plan, output)}${pulled}${none}; ${looked}${unknown}.\n`;
  const legend = `${paint('dim', LEGEND)}\n`;
  return `${body}${unseenText(plan, output)}${pulled}\n${paint('bold', `${word}:`)} ${totals(changes)}; ${looked}${unknown}.\n${legend}`;
}
