// Columns of text, as wide as their content and never wider than the terminal.
import type { Paint, Style } from './colour.ts';
import { cut, padEnd, printable, widthOf, wrap } from './text.ts';

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}
export interface Column {
  readonly title: string;
  /** Gives way when the line is too long. The last one does by default, and goes on in lines below. */
  readonly shrinks?: boolean;
}

const GAP = '  ';
const LEAST_CELLS = 12;
const LEAST_NAME = 24;
/** Narrower than this, texts that are too long read better below their rows. */
const LEAST_FLOW = 32;
const BELOW = '    ';
const MOST_LINES = 4;

/** A name is never cut: one that would take more than half of the line gets a line of its own. */
const hasNames = (columns: readonly Column[]): boolean => columns.length > 1 && columns[0]!.shrinks === undefined;

/** Widths of the columns: of their widest cell, the shrinking ones cut back from the right until the line fits. */
function fit(columns: readonly Column[], rows: readonly (readonly Cell[])[], limit: number): number[] {
  const widths = columns.map((column, i) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[i]?.text ?? '')), widthOf(column.title)),
  );
  const excessOf = (): number =>
    widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - limit;
  const half = Math.max(LEAST_NAME, Math.floor(limit / 2));
  if (hasNames(columns) && excessOf() > 0 && widths[0]! > half) {
    const names = [columns[0]!.title, ...rows.map(([name]) => name?.text ?? '')].map(widthOf);
    widths[0] = Math.max(...names.filter((cells) => cells <= half));
  }
  let excess = excessOf();
  for (let i = columns.length - 1; i >= 0 && excess > 0; i -= 1) {
    if (!(columns[i]!.shrinks ?? i === columns.length - 1)) continue;
    const given = Math.min(excess, Math.max(0, widths[i]! - LEAST_CELLS));
    widths[i]! -= given;
    excess -= given;
  }
  return widths;
}

/** One line per row under a dim line of titles; `limit` is the terminal's width. Empty when there are no rows. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly (Cell | string)[])[],
  limit: number,
  paint: Paint,
): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) =>
    row.map((cell): Cell =>
      typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) },
    ),
  );
  const last = columns.length - 1;
  const widths = fit(columns, cells, limit);
  const flow = flowOf(columns, cells, widths, limit);
  const titles = columns.map(({ title }, i): Cell => ({
    text: flow === 'below' && i === last ? '' : title,
    style: 'dim',
  }));
  const line = (row: readonly Cell[]): string => {
    const filled = row.findLastIndex(({ text }) => text !== '');
    const parts = row.slice(0, filled + 1).map(({ text, style }, i) => {
      if (i === last && flow !== 'cut')
        return flowing({ text, style }, flow, flow === 'below' ? limit : widths[i]!, limit, paint);
      const isOwnLine = i === 0 && hasNames(columns) && widthOf(text) > widths[0]!;
      if (isOwnLine) return paint(style, text) + (filled === 0 ? '' : `\n${padEnd('', widths[0]!)}`);
      const short = cut(text, widths[i]!);
      return paint(style, short) + (i === filled ? '' : padEnd('', widths[i]! - widthOf(short)));
    });
    return parts.join(GAP).replaceAll(/ +$/gm, '');
  };
  return [titles, ...cells].map((row) => `${line(row)}\n`).join('');
}

type Flow = 'cut' | 'beside' | 'below';

/** Where the texts of the last column go: beside the others while that leaves room to read, else all below their rows. */
function flowOf(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  widths: readonly number[],
  limit: number,
): Flow {
  const last = columns.length - 1;
  if (columns[last]!.shrinks === false || !Number.isFinite(limit)) return 'cut';
  const room = widths[last]!;
  return room >= LEAST_FLOW || rows.every((row) => widthOf(row[last]?.text ?? '') <= room) ? 'beside' : 'below';
}

function flowing({ text, style }: Cell, flow: Flow, room: number, limit: number, paint: Paint): string {
  if (text === '') return '';
  const margin = flow === 'below' ? BELOW : ' '.repeat(Math.max(0, limit - room));
  const cells = flow === 'below' ? Math.max(LEAST_FLOW, room - BELOW.length) : room;
  const lines = wrap(text, cells);
  const shown = lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES - 1), `${lines[MOST_LINES - 1]}…`];
  const painted = shown.map((part) => paint(style, cut(part, cells)));
  return (flow === 'below' ? `\n${margin}` : '') + painted.join(`\n${margin}`);
}
