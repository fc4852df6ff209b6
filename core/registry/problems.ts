// Several things wrong with plugins, told together: as diagnostics, or thrown as one error.
import { RealmError } from '../errors.ts';
import type { Diagnostic, Location } from '../errors.ts';

export function diagnosticOf(error: RealmError, fallback: Location): Diagnostic {
  const found = { code: error.code, severity: 'error', message: error.message, at: error.at ?? fallback } as const;
  return error.hint === undefined ? found : { ...found, hint: error.hint };
}

/** Throws one error for all problems: the first one's code and sentence, and every one as a diagnostic. */
export function throwAll(problems: readonly RealmError[], fallback: Location): void {
  const [first, ...rest] = problems;
  if (first === undefined) return;
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`;
  throw new RealmError(first.code, first.message + more, {
    at: first.at ?? fallback,
    hint: first.hint,
    cause: first.cause,
    diagnostics: problems.map((problem) => diagnosticOf(problem, fallback)),
  });
}
