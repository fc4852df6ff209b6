// Writes the one line of shell text that starts a process, and refuses what cannot be said in it.
import { RealmError } from '../errors.ts';
import { TOKEN_VARIABLE } from './identity.ts';

/** A process to be started. */
export interface StartWish {
  /** A folder of its own, made when missing; holds its pid, its exit status and whatever the caller likes. */
  readonly dir: string;
  /** The program, looked for on the PATH of `env`, and its arguments. No shell reads them. */
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Letters and digits, never used before. Marks the process and everything it starts. */
  readonly token: string;
  /** File to which output is appended. */
  readonly log: string;
}

const invalid = (message: string, hint: string): never => {
  throw new RealmError('PROCESS_START_INVALID', message, { hint });
};

/** One word in single quotes. A newline would end the line, so it stands outside of them as a variable. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`).replaceAll('\n', `'"$_realm_n"'`)}'`;

function check(wish: StartWish): void {
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
 * `session` are the words before `sh` that give it a session of its own. Values of the environment are exported by a
 * builtin and so never stand in a command line, which every user of the machine could read.
 */
export function launchLine(wish: StartWish, shim: string, session: readonly string[]): string {
  check(wish);
  const variables = Object.entries({ ...wish.env, [TOKEN_VARIABLE]: wish.token });
  const exports = variables.map(([name, value]) => quote(`${name}=${value}`)).join(' ');
  const words = [...session, '/bin/sh', shim, wish.dir, wish.token, wish.log, wish.cwd, ...wish.argv];
  return `command export ${exports}; exec ${words.map(quote).join(' ')}\n`;
}
