// What `--json` prints: one versioned object, or one object a line for streams.
import { SHAPE_VERSION } from '../../api/door.ts';
import type { Diagnostic } from '../../errors.ts';
import { messageOf, RealmError } from '../../errors.ts';
import type { Output } from './terminal.ts';

/** Prints one object; `version` comes first. */
export function writeJson(output: Output, shape: object): void {
  output.write(`${JSON.stringify({ version: SHAPE_VERSION, ...shape }, null, 2)}\n`);
}

/** Prints one line of a stream. */
export function writeJsonLine(output: Output, item: unknown): void {
  output.write(`${JSON.stringify(item)}\n`);
}

/** A diagnostic as `validate --json` gives it. */
export const diagnosticShape = ({ code, severity, message, at, hint }: Diagnostic): object => ({
  code,
  severity,
  message,
  file: at.file,
  line: at.line,
  column: at.column,
  path: at.path,
  hint: hint ?? null,
});

/** A failure; on standard output, so that a reader of JSON always gets JSON. */
export function errorShape(error: unknown): object {
  if (!(error instanceof RealmError)) return { error: { code: 'INTERNAL', message: messageOf(error), hint: null } };
  const { code, message, hint, at, diagnostics } = error;
  return {
    error: { code, message, hint: hint ?? null, ...(at === undefined ? {} : { at }) },
    ...(diagnostics.length === 0 ? {} : { diagnostics: diagnostics.map(diagnosticShape) }),
  };
}
