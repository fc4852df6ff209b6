// Whatever an action answered, as a table when it is a list of objects, else as lines; names of keys tell their units.
import { table } from './table.ts';
import type { Output } from './terminal.ts';
import { aboutBytes, padEnd, printable, printableLines, widthOf } from './text.ts';
import { exactSpan, spanText, timesFor, whenText } from './time.ts';

type Values = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTable = (value: unknown): value is readonly Values[] =>
  Array.isArray(value) && value.length > 0 && value.every(isObject);

/** How a key ends tells its unit, as everywhere in Realm; people see the value in it, and the key without. */
const UNITS: readonly (readonly [end: string, shown: (value: unknown, now: number) => string | undefined])[] = [
  ['At', (value, now) => (typeof value === 'string' ? whenText(value, now) : undefined)],
  ['Bytes', (value) => (typeof value === 'number' ? aboutBytes(value) : undefined)],
  ['Ms', (value) => (typeof value === 'number' ? (value < 60_000 ? exactSpan(value) : spanText(value)) : undefined)],
  ['Percent', (value) => (typeof value === 'number' ? `${value} %` : undefined)],
];

const unitOf = (key: string) => UNITS.find(([end]) => key.endsWith(end) && key !== end);

/** `startedAt` is STARTED. */
const titleOf = (key: string): string => key.slice(0, key.length - (unitOf(key)?.[0].length ?? 0)).toUpperCase();

function cellText(value: unknown, key: string, now: number): string {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return '-';
  const inUnit = unitOf(key)?.[1](value, now);
  if (inUnit !== undefined) return inUnit;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.map((one) => cellText(one, key, now)).join(', ');
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
}

/** An object with a `text` is that text for people; its `version` is for programs. */
export function valueTable(value: unknown, output: Output, now: number): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return `${printableLines(value)}\n`;
  if (Array.isArray(value)) return listText(value, output, now);
  if (!isObject(value)) return `${printable(cellText(value, '', now))}\n`;
  if (typeof value['text'] === 'string') return `${printableLines(value['text'])}\n`;
  const entries = Object.entries(value).filter(([key]) => key !== 'version');
  const only = entries.length === 1 ? entries[0]![1] : undefined;
  if (Array.isArray(only)) return valueTable(only, output, now); // `{ skills: [...] }`
  const lines = entries.filter(([, inner]) => !isTable(inner));
  const cells = Math.max(0, ...lines.map(([key]) => widthOf(key)));
  const said = lines.map(
    ([key, inner]) =>
      `${output.paint('dim', padEnd(printable(key), cells))}  ${printable(cellText(inner, key, now))}\n`,
  );
  const tables = entries.filter(([, inner]) => isTable(inner)).map(([, inner]) => valueTable(inner, output, now));
  return [said.join(''), ...tables].filter((part) => part !== '').join('\n');
}

function listText(values: readonly unknown[], output: Output, now: number): string {
  if (values.length === 0) return 'None.\n';
  if (!isTable(values)) return values.map((item) => `${printable(cellText(item, '', now))}\n`).join('');
  const keys = [...new Set(values.flatMap((row) => Object.keys(row)))];
  const rows = values.map((row) => keys.map((key) => timesFor(output, cellText(row[key], key, now), now)));
  return table(
    keys.map((key) => ({ title: titleOf(key) })),
    rows,
    output.columns,
    output.paint,
  );
}
