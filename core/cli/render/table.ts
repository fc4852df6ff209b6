// Columns of text, as wide as their content and never wider than the terminal.
import type { Paint, Style } from './colour.ts';
import { cut, padEnd, printable, widthOf } from './text.ts';

export interface Cell {
  readonly text: string;
  readonly style?: Style | undefined;
}
export interface Column {
  readonly title: string;
  /** Gives way when the line is too long. The last one does by default. */
  readonly shrinks?: boolean;
}

const GAP = '  ';
const LEAST_CELLS = 12;

/** Widths of the columns: of their widest cell, the shrinking ones cut back from the right until the line fits. */
function fit(columns: readonly Column[], rows: readonly (readonly Cell[])[], limit: number): number[] {
  const widths = columns.map((column, i) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[i]?.text ?? '')), widthOf(column.title)),
  );
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - limit;
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
  const titles = columns.map(({ title }): Cell => ({ text: title, style: 'dim' }));
  const widths = fit(columns, cells, limit);
  const line = (row: readonly Cell[]): string => {
    const last = row.findLastIndex(({ text }) => text !== '');
    return row
      .slice(0, last + 1)
      .map(({ text, style }, i) => {
        const short = cut(text, widths[i]!);
        return paint(style, short) + (i === last ? '' : padEnd('', widths[i]! - widthOf(short)));
      })
      .join(GAP);
  };
  return [titles, ...cells].map((row) => `${line(row)}\n`).join('');
}
