// A plan as people read it: what would change, from what to what, why, and what stands in the way.
import type { ChangeView, FieldView, PlannedAction, PlanView } from '../../api/door.ts';
import type { Paint, Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { cut, hang, padEnd, plural, printable, widthOf } from './text.ts';

interface Sign {
  readonly glyph: string;
  readonly style: Style;
  readonly word: string;
  readonly legend: string;
}
const SIGNS: Readonly<Record<PlannedAction, Sign>> = {
  create: { glyph: '+', style: 'green', word: 'create', legend: '+ create' },
  update: { glyph: '~', style: 'yellow', word: 'change', legend: '~ change' },
  replace: { glyph: '±', style: 'magenta', word: 'replace', legend: '± replace (new one first)' },
  remove: { glyph: '-', style: 'red', word: 'remove', legend: '- remove' },
  forget: { glyph: '- forget', style: 'red', word: 'forget', legend: '- forget (data stays)' },
};
const ORDER = Object.keys(SIGNS) as PlannedAction[];
const REASONS = { config: 'config', drift: 'drift', both: 'config and drift' } as const;

/** A value on one line; absent is `(none)`. */
export const valueText = (value: unknown): string =>
  value === undefined || value === null ? '(none)' : printable(spaced(value));

/** JSON with room between its parts. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${spaced(inner)}`)
    .join(', ')}}`;
}

/** Two long texts are told apart by their first line that differs. */
function textDifference(from: string, to: string): string {
  const [before, after] = [from.split('\n'), to.split('\n')];
  const at = before.findIndex((line, i) => line !== after[i]);
  const line = at < 0 ? before.length : at;
  return `line ${line + 1}: ${valueText(before[line])} -> ${valueText(after[line])}`;
}

/** What was and what will be, each cut to its half when both do not fit. */
function fieldText({ from, to, shown }: FieldView, action: PlannedAction, cells: number, paint: Paint): string {
  const [before, after] = [shownText(shown?.from, from), shownText(shown?.to, to)];
  if (action === 'create') return cut(after, cells);
  if (typeof from === 'string' && typeof to === 'string' && /\n./.test(from + to))
    return cut(textDifference(from, to), cells);
  const half = Math.floor((cells - ARROW.length) / 2);
  const fromCells = Math.max(half, cells - ARROW.length - widthOf(after));
  const shownBefore = cut(before, fromCells);
  return `${paint('dim', `${shownBefore}${ARROW}`)}${cut(after, cells - ARROW.length - widthOf(shownBefore))}`;
}
const ARROW = ' -> ';

const shownText = (shown: string | undefined, value: unknown): string =>
  shown === undefined ? valueText(value) : printable(shown);

function changeText(change: ChangeView, refCells: number, { paint, columns }: Output): string {
  const { glyph, style } = SIGNS[change.action];
  const reason = [REASONS[change.reason], change.because].filter((part) => part !== undefined).join(', ');
  const gap = ' '.repeat(Math.max(0, refCells - widthOf(`${glyph} ${change.ref}`)) + 2);
  const said = change.fields.flatMap(({ says }) => says ?? []);
  const fields = change.fields.filter(
    ({ path, isDefault, says }) => path !== '' && isDefault !== true && says === undefined,
  );
  const defaults = change.fields.filter(({ isDefault }) => isDefault === true).length;
  const pathCells = Math.min(40, Math.max(0, ...fields.map(({ path }) => widthOf(path))));
  const details = fields.map((field) => {
    const path = padEnd(cut(printable(field.path), pathCells), pathCells);
    return `${DETAIL}${path}  ${fieldText(field, change.action, columns - DETAIL.length - pathCells - 2, paint)}`;
  });
  const note = (word: string, text: string | undefined): string[] =>
    text === undefined
      ? []
      : [
          `${DETAIL}${paint('yellow', word)} ${hang(printable(text), columns, DETAIL.length + word.length + 1, 2 * DETAIL.length)}`,
        ];
  return [
    said.length === 0
      ? `${paint(style, glyph)} ${paint('bold', change.ref)}${gap}${paint('dim', reason)}`
      : `${paint(style, glyph)} ${paint('bold', change.ref)}: ${hang(`${printable(said.join('; '))}  (${reason})`, columns, widthOf(`${glyph} ${change.ref}: `), DETAIL.length)}`,
    ...details,
    ...(defaults === 0 ? [] : [`${DETAIL}${paint('dim', `${plural(defaults, 'more field')} by default`)}`]),
    ...note('kept:', change.keeps),
    ...note('held:', change.held),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
const DETAIL = '    ';
/** Longer ones push their reason to the right instead of everybody's. */
const MOST_REF_CELLS = 36;

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

function unseenText({ unseen }: PlanView, { paint, columns }: Output): string {
  const lines = unseen.map(({ ref, why, elsewhere }) => {
    const said = hang(
      `${elsewhere ? '' : 'could not be looked at: '}${printable(why)}`,
      columns,
      ref.length + 4,
      DETAIL.length,
    );
    if (elsewhere) return `${paint('dim', `· ${ref}  ${said}`)}\n`;
    return `${paint('yellow', '?')} ${paint('bold', ref)}  ${said}\n`;
  });
  return lines.join('');
}

/** The whole plan. `word` is what a change is called here: `Plan` or `Drift`. */
export function planText(plan: PlanView, output: Output, word: 'Plan' | 'Drift'): string {
  const { paint, columns } = output;
  const { changes, unseen, closure } = plan;
  const refCells = Math.min(
    MOST_REF_CELLS,
    Math.max(0, ...changes.map(({ ref, action }) => widthOf(`${SIGNS[action].glyph} ${ref}`))),
  );
  const say = (text: string, used = 0): string => hang(text, columns, used, 2);
  const looked = `${plural(plan.looked, 'resource')} looked at`;
  const blind = unseen.filter(({ elsewhere }) => !elsewhere).length;
  const unknown = blind === 0 ? '' : `, ${blind} unknown`;
  const none = word === 'Plan' ? 'Nothing to change' : 'No drift';
  const body = changes.map((change) => changeText(change, refCells, output)).join('');
  const pulled = closure.length === 0 ? '' : `${say(`Because targets come after them, also: ${closure.join(', ')}`)}\n`;
  const incomplete =
    blind === 0 ? '' : `${paint('yellow', 'Incomplete:')} what could not be looked at may differ too.\n`;
  const above = body + unseenText(plan, output) + pulled;
  if (changes.length === 0) return `${above}${none}; ${looked}${unknown}.\n${incomplete}`;
  const counts = say(`${totals(changes)}; ${looked}${unknown}.`, word.length + 2);
  return `${above}\n${paint('bold', `${word}:`)} ${counts}\n${incomplete}${legendText(changes, output)}`;
}

/** The signs that stand above, explained. */
function legendText(changes: readonly ChangeView[], { paint, columns }: Output): string {
  const used = ORDER.filter((action) => changes.some((change) => change.action === action));
  return `${paint('dim', hang(used.map((action) => SIGNS[action].legend).join('  '), columns, 0, 0))}\n`;
}
