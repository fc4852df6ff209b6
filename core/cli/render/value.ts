// Whatever an action answered, as a table when it is a list of objects, else as lines.
import { table } from './table.ts';
import type { Output } from './terminal.ts';
import { padEnd, printable, printableLines, widthOf } from './text.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '-';
  if (Array.isArray(value)) return value.map(cellText).join(', ');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
}

export function valueTable(value: unknown, output: Output): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return `${printableLines(value)}\n`;
  if (Array.isArray(value)) {
    if (value.length === 0) return 'None.\n';
    if (!value.every(isObject)) return value.map((item) => `${printable(cellText(item))}\n`).join('');
    const keys = [...new Set(value.flatMap((row) => Object.keys(row)))];
    const rows = value.map((row) => keys.map((key) => cellText(row[key])));
    return table(
      keys.map((key) => ({ title: key.toUpperCase() })),
      rows,
      output.columns,
      output.paint,
    );
  }
  if (!isObject(value)) return `${printable(cellText(value))}\n`;
  const entries = Object.entries(value);
  const only = entries.length === 1 ? entries[0]![1] : undefined;
  if (Array.isArray(only)) return valueTable(only, output); // `{ skills: [...] }`
  const cells = Math.max(0, ...entries.map(([key]) => widthOf(key)));
  return entries
    .map(([key, inner]) => `${output.paint('dim', padEnd(printable(key), cells))}  ${printable(cellText(inner))}\n`)
    .join('');
}
