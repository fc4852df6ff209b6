// Text as a terminal shows it: harmless, measured by the cells it takes, cut to fit.
import { cellsOf, printable, split, widthOf } from '../../cells.ts';

export { printable, widthOf };

/** The same for text of several lines, which stay lines. */
export const printableLines = (text: string): string => text.split(/\r?\n/).map(printable).join('\n');

/** At most `cells` wide; what was cut off shows as one `…`. */
export function cut(text: string, cells: number): string {
  if (widthOf(text) <= cells) return text;
  if (cells < 1) return '';
  let taken = '';
  let width = 0;
  for (const grapheme of split(text)) {
    width += cellsOf(grapheme);
    if (width > cells - 1) break;
    taken += grapheme;
  }
  return `${taken}…`;
}

export const padEnd = (text: string, cells: number): string => text + ' '.repeat(Math.max(0, cells - widthOf(text)));

/** Broken at spaces into lines of at most `cells`; a longer word gets a line of its own. */
export function wrap(text: string, cells: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > cells) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/**
 * Text that goes on after `used` cells of its first line; later lines begin below, after `indent` spaces. Not broken
 * where a line has no end.
 */
export function hang(text: string, columns: number, used: number, indent: number): string {
  if (!Number.isFinite(columns) || used + widthOf(text) <= columns) return text;
  const placeholder = 'x'.repeat(Math.max(0, used - indent)); // takes the room of what stands before
  const lines = wrap(`${placeholder}${text}`, Math.max(LEAST_LINE, columns - indent));
  return lines.join(`\n${' '.repeat(indent)}`).slice(placeholder.length);
}
const LEAST_LINE = 20;

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

const COMMANDS = /^(?:realm|sudo|ls|df|mv|rm|chmod|npm|apt-get|timedatectl|loginctl) (?!is |are |cannot |lists )/;

/**
 * What many hands wrote, in one form: it begins with a capital letter, and one sentence alone has no full stop. Names and
 * commands stay as they are.
 */
export function headline(text: string): string {
  const begun =
    /^[a-z]+(?:[ ,:]|$)/.test(text) && !COMMANDS.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?] \S/.test(begun) ? begun : begun.replace(/(?<=[^. ])\.$/, '');
}

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.4 GiB`: for reading, not for computing. */
export function aboutBytes(bytes: number): string {
  const step = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const size = bytes / 1024 ** step;
  return `${step === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${BYTES[step]}`;
}
