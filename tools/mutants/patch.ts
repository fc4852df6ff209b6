// A committed break of the code: what it changes, and the test that must go red for it.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface Mutant {
  readonly name: string;
  /** The patch file, relative to the repository root. */
  readonly file: string;
  /** The test that must fail. */
  readonly red: string;
  readonly why: string;
  /** The files that the patch changes. */
  readonly targets: readonly string[];
}

/** Reads a patch; throws a sentence when a header line is missing. */
export function readMutant(file: string, root = '.'): Mutant {
  const text = readFileSync(`${root}/${file}`, 'utf8');
  const header = (word: string): string => {
    const value = new RegExp(`^# ${word}: *(\\S.*)$`, 'm').exec(text)?.[1]?.trim();
    if (value === undefined) throw new Error(`${file} has no line '# ${word}: ...' on top`);
    return value;
  };
  const targets = [...text.matchAll(/^\+\+\+ (?:b\/)?(\S+)/gm)].map((match) => match[1]!);
  if (targets.length === 0) throw new Error(`${file} changes no file`);
  return { name: basename(file, '.patch'), file, red: header('red'), why: header('why'), targets };
}
