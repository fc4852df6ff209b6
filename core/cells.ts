// Text by the cells of a terminal that it takes, and rows of it in columns.
import { stripVTControlCharacters } from 'node:util';

const PLAIN = /^[\x20-\x7e]*$/;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\uFE0F|\p{Regional_Indicator}{2}|[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u;
const EMPTY = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

let graphemes: Intl.Segmenter | undefined; // made once, and only when some text is not plain

/** Into what a person sees as one character each. */
export function split(text: string): string[] {
  graphemes ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

export function cellsOf(grapheme: string): number {
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

const GAP = '  ';

/**
 * Rows for people, in columns as wide as their widest cell. A number stands to the right, and so does the title of a column
 * with one. Cells are shown on one line each and without control characters; each line has its end, and no spaces before it.
 * `titles` without one: there is no line of them.
 */
export function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines: readonly (readonly (string | number)[])[] = titles.length === 0 ? rows : [titles, ...rows];
  const texts = lines.map((line) => line.map((cell) => printable(String(cell))));
  const columns = (rows[0] ?? titles).map((_, at) => ({
    width: texts.reduce((widest, line) => Math.max(widest, widthOf(line[at] ?? '')), 0),
    isNumbers: rows.some((row) => typeof row[at] === 'number'),
  }));
  const placed = (text: string, line: number, at: number): string => {
    const { width, isNumbers } = columns[at]!;
    const room = ' '.repeat(width - widthOf(text));
    const isTitle = titles.length > 0 && line === 0;
    return typeof lines[line]![at] === 'number' || (isNumbers && isTitle) ? room + text : text + room;
  };
  return texts
    .map(
      (line, index) =>
        `${line
          .map((text, at) => placed(text, index, at))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join('');
}
