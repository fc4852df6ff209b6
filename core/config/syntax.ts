// What the YAML parser says, in words for people: the first cause of each line, not the errors that follow from it.
import type { Document, YAMLParseError } from 'yaml';
import type { Diagnostic, ErrorCode } from '../errors.ts';
import { unclosedIn } from './openings.ts';
import type { SourceFile } from './tree.ts';
import { locate } from './tree.ts';

const MOST = 10;

interface Words {
  readonly code?: ErrorCode;
  /** Where the cause lies, when that is not where the parser noticed. */
  readonly offset?: number;
  readonly message: string;
  readonly hint?: string;
}

export function syntaxDiagnostics(file: SourceFile, document: Document.Parsed): Diagnostic[] {
  const found = new Map<number, Diagnostic>();
  let last = -1; // one cause may give two errors at one place
  for (const error of document.errors) {
    if (error.pos[0] === last) continue;
    last = error.pos[0];
    const { offset = error.pos[0], ...words } = wordsFor(error, file.text);
    const at = locate({ origin: { file }, offset: Math.min(offset, file.text.length) }, []);
    if (found.has(at.line)) continue;
    found.set(at.line, { code: 'CONFIG_SYNTAX', severity: 'error', ...words, at });
    if (found.size === MOST) break;
  }
  return [...found.values()].sort((a, b) => a.at.line - b.at.line);
}

function wordsFor(error: YAMLParseError, text: string): Words {
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      code: 'CONFIG_MULTIPLE_DOCUMENTS',
      message: 'the file holds more than one YAML document',
      hint: 'remove the `---` line, or move the rest to a file of its own and `include:` it',
    };
  }
  const [offset] = error.pos;
  if (/[{[,:]\s*\$\{/.test(lineAt(text, offset)) && /UNEXPECTED|FLOW|BAD_INDENT|MISSING/.test(error.code)) {
    return {
      message: 'a `${...}` without quotes ends the surrounding `{ }` or `[ ]`',
      hint: 'put it in quotes: "${...}"',
    };
  }
  const known = KNOWN[error.code];
  return (
    deeperLine(error, text) ??
    openedBefore(error, text) ?? {
      message: known?.[0] ?? sentence(error.message),
      ...(known ? { hint: known[1] } : {}),
    }
  );
}

const lineAt = (text: string, offset: number): string =>
  text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0]!;

/** A value that goes on in the next line, because that one is indented deeper, and has a key there. */
function deeperLine({ code, pos: [offset] }: YAMLParseError, text: string): Words | undefined {
  if (code !== 'BLOCK_AS_IMPLICIT_KEY' || /:(?:\s|$)/.test(lineAt(text, offset).slice(columnOf(text, offset))))
    return undefined;
  const next = text.slice(offset).search(/\n[ \t]*[^\s#]/);
  if (next < 0) return undefined;
  return {
    offset: offset + next + /^\n[ \t]*/.exec(text.slice(offset + next))![0].length,
    message: 'this line is indented deeper than the key above it',
    hint: 'line it up with that key',
  };
}

const columnOf = (text: string, offset: number): number => offset - text.lastIndexOf('\n', offset - 1) - 1;

/** What really is wrong when something further up was never closed. */
function openedBefore({ code, pos: [offset] }: YAMLParseError, text: string): Words | undefined {
  if (code !== 'MISSING_CHAR' && code !== 'BAD_INDENT') return undefined;
  const opening = unclosedIn(text).findLast((one) => one.offset < offset);
  if (opening === undefined) return undefined;
  const { character } = opening;
  const closing = { '{': '}', '[': ']' }[character] ?? character;
  return {
    offset: opening.offset,
    message: `this \`${character}\` is never closed`,
    hint: `close it with \`${closing}\``,
  };
}

const KNOWN: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  TAB_AS_INDENT: ['a tab is used as indentation', 'indent with spaces'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second `key: value` begins inside a value',
    'put the value in quotes, or start a new line',
  ],
  BLOCK_IN_FLOW: [
    'a second `key: value` begins inside a value',
    'put the value in quotes, or look for a missing comma',
  ],
  MULTILINE_IMPLICIT_KEY: ['this line is neither `key: value` nor part of a value', 'add the missing `:` or indent it'],
  MISSING_CHAR: ['something opened here or before is never closed', 'close the quote, bracket or brace'],
  BAD_INDENT: ['the indentation does not fit what stands above', 'line it up, or close the bracket before it'],
  BAD_SCALAR_START: ['a value cannot begin with this character', 'put the value in quotes'],
  UNEXPECTED_TOKEN: [
    'this does not belong here',
    'look for a missing comma or quote, at the indentation, and at the line before',
  ],
  BAD_DQ_ESCAPE: ['an unknown escape in a quoted text', "double the backslash, or use 'single quotes'"],
};

const sentence = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
