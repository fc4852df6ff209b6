// Text as a terminal shows it: harmless, measured by the cells it takes, cut to fit.
import { stripVTControlCharacters } from 'node:util';

const PLAIN = /^[\x20-\x7e]*$/;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}{2}|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u;
const EMPTY = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

let graphemes: Intl.Segmenter | undefined; // made once, and only when some text is not plain

function split(text: string): string[] {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

function cellsOf(grapheme: string): number {
  if (EMPTY.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Number of terminal cells the text takes; control sequences take none. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return split(stripVTControlCharacters(text)).reduce((sum, grapheme) => sum + cellsOf(grapheme), 0);
}

/** On one line and without control characters: text from a config or a plugin must not steer the terminal. */
export function printable(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(/\r?\n/g, '⏎')
    .replace(/\t/g, ' ')
    .replace(UNPRINTABLE, (c) => `\\x${c.codePointAt(0)!.toString(16).padStart(2, '0')}`);
}

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

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.4 GiB`: for reading, not for computing. */
export function aboutBytes(bytes: number): string {
  const step = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const size = bytes / 1024 ** step;
  return `${step === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${BYTES[step]}`;
}
