// Writes the one line of shell text that starts a process, and refuses what cannot be said in it.
import type { StartWish } from '../contract/processes.ts';
import { RealmError } from '../errors.ts';
import { TOKEN_VARIABLE } from './identity.ts';

const invalid = (message: string, hint: string): never => {
  throw new RealmError('PROCESS_START_INVALID', message, { hint });
};

/** One word in single quotes. A newline would end the line, so it stands outside of them as a variable. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`).replaceAll('\n', `'"$_realm_n"'`)}'`;

/** Throws PROCESS_START_INVALID. */
export function checkWish(wish: StartWish): void {
  const [program] = wish.argv;
  if (!program) invalid('the command is empty', 'name a program');
  else if (program.startsWith('-')) invalid(`the command "${program}" begins with a dash`, 'name a program first');
  if (!/^[A-Za-z0-9]+$/.test(wish.token)) invalid(`"${wish.token}" cannot be a token`, 'use letters and digits');
  for (const [name, value] of Object.entries(wish.env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name.startsWith('_realm_')) {
      invalid(`"${name}" cannot be the name of an environment variable`, 'use letters, digits and _');
    }
    if (value.includes('\0')) invalid(`the environment variable ${name} holds a NUL byte`, 'remove it');
  }
  for (const text of [...wish.argv, wish.cwd, wish.dir, wish.log]) {
    if (text.includes('\0')) invalid(`${JSON.stringify(text.slice(0, 60))} holds a NUL byte`, 'remove it');
  }
}

/**
 * For a wish that was checked. Values of the environment are exported by a builtin and so never stand in a command line, which
 * every user of the machine could read.
 */
export function launchLine(wish: StartWish, shim: string): string {
  const variables = Object.entries({ ...wish.env, [TOKEN_VARIABLE]: wish.token });
  const exports = variables.map(([name, value]) => quote(`${name}=${value}`)).join(' ');
  const words = ['/bin/sh', shim, wish.dir, wish.token, wish.log, wish.cwd, ...wish.argv];
  return `command export ${exports}; exec ${words.map(quote).join(' ')}\n`;
}
