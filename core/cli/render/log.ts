// Lines of a log as people read them; nothing in them can steer the terminal.
import { stripVTControlCharacters } from 'node:util';
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { padEnd, printable } from './text.ts';
import { timeline } from './timeline.ts';

type Entry = Readonly<Record<string, unknown>>;
type Form = 'entries' | 'text';

const STYLES: Readonly<Record<string, Style>> = { debug: 'dim', info: 'blue', warn: 'yellow', error: 'red' };
/** Said in places of their own, or to nobody. */
const KNOWN = new Set(['level', 'time', 'pid', 'plugin', 'ref', 'msg', 'error']);

/** One line of the daemon's log, or undefined when it is none (half a line after a crash). */
export function entryOf(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Entry) : undefined;
  } catch {
    return undefined; // shown as it is
  }
}

/** When it was written (ms), as far as the line says. */
export function startOf(line: string, form: Form): number | undefined {
  const written = form === 'entries' ? entryOf(line)?.['time'] : /^\d{4}-\d\d-\d\dT[\d:.]+Z(?= )/.exec(line)?.[0];
  const at = typeof written === 'string' ? Date.parse(written) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}

/** Prints one line after the other. */
export function logPrinter(form: Form, out: Output): (line: string) => void {
  const when = timeline(out);
  return (line) => {
    const entry = form === 'entries' ? entryOf(line) : undefined;
    out.write(
      entry === undefined ? `${printable(stripVTControlCharacters(line))}\n` : entryText(entry, line, when, out),
    );
  };
}

function entryText(entry: Entry, line: string, when: (ms: number) => string, { paint }: Output): string {
  const at = startOf(line, 'entries');
  const level = String(entry['level']);
  const about = [entry['plugin'], entry['ref']].filter((part) => typeof part === 'string').join(' ');
  const fields = Object.entries(entry)
    .filter(([key]) => !KNOWN.has(key))
    .map(([key, value]) => ` ${paint('dim', `${printable(key)}=`)}${printable(fieldText(value))}`)
    .join('');
  const head = [
    at === undefined ? '' : when(at),
    paint(STYLES[level], padEnd(printable(level), 5)),
    paint('bold', printable(about)),
  ];
  const message = printable(typeof entry['msg'] === 'string' ? entry['msg'] : JSON.stringify(entry['msg'] ?? ''));
  return `${head.filter((part) => part !== '').join(' ')}  ${message}${fields}\n${stackText(entry['error'])}`;
}

const fieldText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Where a failure came from, below its line. */
function stackText(error: unknown): string {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
  if (typeof stack !== 'string') return '';
  return stack
    .split('\n')
    .map((line) => `    ${printable(line.trim())}\n`)
    .join('');
}
