// A finding about the configuration with the lines it speaks of, and any other failure, as people read them.
import { readFileSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import type { Diagnostic, Location } from '../../errors.ts';
import { messageOf, RealmError } from '../../errors.ts';
import type { Paint } from './colour.ts';
import { cut, hang, headline, plural, printable, printableLines, widthOf } from './text.ts';

export interface Look {
  readonly paint: Paint;
  /** Cells in a line. */
  readonly columns: number;
  /** Files are shown relative to it. */
  readonly cwd: string;
  /** Lines of a file, or undefined when it cannot be read. */
  readonly linesOf?: (file: string) => readonly string[] | undefined;
}

function linesOnDisk(file: string): readonly string[] | undefined {
  try {
    if (!statSync(file).isFile()) return undefined; // a pipe has no lines until somebody writes
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch {
    return undefined; // the file is gone, or was never one: the place is told all the same
  }
}

/** Relative when that is shorter and stays inside, else as it is. */
export function shortPath(file: string, cwd: string): string {
  const near = relative(cwd, file);
  return near === '' || near.startsWith('..') ? file : near;
}

/** A quoted text as a whole, else up to what ends a plain one. */
const WORD = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|["']?[^\s,:{}[\]"']+["']?)/;

/** Where secrets stand as they are, as far as a line tells: a password in a URL, and what keys of such names hold. */
const SECRETS = [
  /(?<=:[/]{2})[^\s/@]+(?=@)/g,
  /(?<=(?:token|secret|password|passphrase|credentials?|authorization|api[-_]?key|webhook)["']?\s*:\s*)(?:"[^"]*"|'[^']*'|[^\s{[$"'][^,}]*)/gi,
];

/** As long as before, so that places stay right. */
const veiled = (line: string): string =>
  SECRETS.reduce((text, secret) => text.replace(secret, (found) => '•'.repeat(found.length)), line);

/** The line of the place and the one before it, with a caret under the word. */
export function frame(at: Location, look: Look): string {
  const lines = (look.linesOf ?? linesOnDisk)(at.file);
  if (lines?.[at.line - 1] === undefined) return '';
  const written = veiled(lines[at.line - 1]!);
  const gutter = String(at.line).length;
  const cells = look.columns - gutter - 5;
  const numbered = (number: number, text: string): string =>
    `  ${look.paint('dim', `${String(number).padStart(gutter)} |`)} ${cut(text, cells)}\n`;
  const start = Math.min(at.column, written.length + 1) - 1;
  const word = WORD.exec(written.slice(start))?.[0] ?? ' ';
  const { text, indent } = inSight(written, start, word, cells);
  const caret = `  ${' '.repeat(gutter)} ${look.paint('dim', '|')} ${' '.repeat(indent)}${look.paint('red', cut('^'.repeat(widthOf(word)), cells - indent))}\n`;
  const before = lines[at.line - 2] === undefined ? undefined : veiled(lines[at.line - 2]!);
  return (
    (before === undefined || before.trim() === '' ? '' : numbered(at.line - 1, printable(before))) +
    numbered(at.line, text) +
    caret
  );
}

/** A line that is longer than the terminal begins with the part that matters. */
function inSight(line: string, start: number, word: string, cells: number): { text: string; indent: number } {
  const indent = widthOf(printable(line.slice(0, start)));
  if (indent + widthOf(word) <= cells) return { text: printable(line), indent };
  const near = Math.max(0, start - Math.floor(cells / 4));
  const from = /[\uDC00-\uDFFF]/.test(line.charAt(near)) ? near + 1 : near; // never half a character
  return {
    text: `…${printable(line.slice(from))}`,
    indent: 1 + widthOf(printable(line.slice(from, start))),
  };
}

const hintText = (hint: string | undefined, { paint, columns }: Look): string =>
  hint === undefined ? '' : `  ${paint('green', 'hint:')} ${hang(headline(printable(hint)), columns, 8, 8)}\n`;

/** One finding: what, where, the lines, and what to do. */
export function diagnosticText({ code, severity, message, at, hint }: Diagnostic, look: Look): string {
  const { paint, cwd, columns } = look;
  const style = severity === 'error' ? 'red' : 'yellow';
  const place = `${shortPath(at.file, cwd)}:${at.line}:${at.column}`;
  return (
    `${paint(style, severity)} ${paint('bold', code)}  ${hang(headline(printable(message)), columns, severity.length + code.length + 3, 2)}\n` +
    `  ${paint('cyan', place)}${at.path === '' ? '' : `  ${paint('dim', printable(at.path))}`}\n` +
    frame(at, look) +
    hintText(hint, look)
  );
}

/** All findings and their count. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], look: Look): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const counts = [plural(errors, 'error'), plural(diagnostics.length - errors, 'warning')];
  const first = diagnostics[0];
  if (first === undefined) return '';
  return (
    `${diagnostics.map((diagnostic) => diagnosticText(diagnostic, look)).join('\n')}\n` +
    `${counts.filter((count) => !count.startsWith('0')).join(', ')}. ` +
    `\`realm explain ${first.code}\` tells more${new Set(diagnostics.map(({ code }) => code)).size > 1 ? '; so for each code' : ''}.\n`
  );
}

/** Any failure: its sentence, its place, what to type next, and the code to look up. */
export function errorText(error: unknown, look: Look): string {
  const { paint } = look;
  if (!(error instanceof RealmError)) {
    const stack = error instanceof Error && error.stack !== undefined ? `${printableLines(error.stack)}\n` : '';
    return `${paint('red', 'error')} ${paint('bold', 'INTERNAL')}  ${printable(messageOf(error))}\n${paint('dim', stack)}`;
  }
  if (error.diagnostics.length > 0) return diagnosticsText(error.diagnostics, look);
  if (error.at !== undefined) return diagnosticText({ ...view(error), at: error.at }, look);
  const [first = '', ...more] = error.message.split(/\r?\n/).map(printable);
  const said = [
    hang(more.length === 0 ? headline(first) : first, look.columns, error.code.length + 8, 2),
    ...more,
  ].join('\n');
  return `${paint('red', 'error')} ${paint('bold', error.code)}  ${said}\n${hintText(error.hint, look)}`;
}

const view = ({ code, message, hint }: RealmError): Omit<Diagnostic, 'at'> => ({
  code,
  message,
  severity: 'error',
  ...(hint === undefined ? {} : { hint }),
});
