// What the YAML parser says, in words for people: the first cause of each line, not the errors that follow from it.
import type { Document, YAMLParseError } from 'yaml';
import type { Diagnostic, ErrorCode } from '../errors.ts';
import type { SourceFile } from './tree.ts';
import { locate } from './tree.ts';

const MOST = 10;

interface Words {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

export function syntaxDiagnostics(file: SourceFile, document: Document.Parsed): Diagnostic[] {
  const found = new Map<number, Diagnostic>();
  for (const error of document.errors) {
    const at = locate({ origin: { file }, offset: Math.min(error.pos[0], file.text.length) }, []);
    if (found.has(at.line)) continue;
    const line = file.text.split('\n', at.line)[at.line - 1] ?? '';
    found.set(at.line, { severity: 'error', ...wordsFor(error, line), at });
    if (found.size === MOST) break;
  }
  return [...found.values()].sort((a, b) => a.at.line - b.at.line);
}

function wordsFor(error: YAMLParseError, line: string): Words {
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      code: 'CONFIG_MULTIPLE_DOCUMENTS',
      message: 'the file holds more than one YAML document',
      hint: 'remove the `---` line, or move the rest to a file of its own and `include:` it',
    };
  }
  if (/[{[,:]\s*\$\{/.test(line) && /UNEXPECTED|FLOW|BAD_INDENT|MISSING/.test(error.code)) {
    return {
      code: 'CONFIG_SYNTAX',
      message: 'a `${...}` without quotes ends the surrounding `{ }` or `[ ]`',
      hint: 'put it in quotes: "${...}"',
    };
  }
  const known = KNOWN[error.code];
  return {
    code: 'CONFIG_SYNTAX',
    message: known?.[0] ?? sentence(error.message),
    ...(known ? { hint: known[1] } : {}),
  };
}

const KNOWN: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  TAB_AS_INDENT: ['a tab is used as indentation', 'indent with spaces'],
  BLOCK_AS_IMPLICIT_KEY: [
    'a second `key: value` begins inside a value',
    'put the value in quotes, or start a new line',
  ],
  MULTILINE_IMPLICIT_KEY: ['this line is neither `key: value` nor part of a value', 'add the missing `:` or indent it'],
  MISSING_CHAR: ['something opened here or before is never closed', 'close the quote, bracket or brace'],
  BAD_INDENT: ['the indentation does not fit what stands above', 'line it up, or close the bracket before it'],
  BAD_SCALAR_START: ['a value cannot begin with this character', 'put the value in quotes'],
  UNEXPECTED_TOKEN: ['this does not belong here', 'look at the indentation, and at the line before'],
  BAD_DQ_ESCAPE: ['an unknown escape in a quoted text', "double the backslash, or use 'single quotes'"],
};

const sentence = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
