// Where the launcher hands over: real terminal, real signals, one exit.
import { userInfo } from 'node:os';
import { systemClock } from '../clock.ts';
import { Mask } from '../mask.ts';
import { runCommandLine } from './command-line.ts';
import { openDoor } from './door.ts';
import { EXIT } from './exit-codes.ts';
import { systemTerminal } from './render/terminal.ts';
import type { OpenDoor, Shell } from './shell.ts';

const EXITS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;

/** The first one asks the command to end; the second one ends the process. */
function endSignal(): { readonly signal: AbortSignal; take(): void } {
  const ending = new AbortController();
  let heard: keyof typeof EXITS | undefined;
  const hear = (name: keyof typeof EXITS): void => {
    if (heard !== undefined) process.exit(EXITS[name]);
    heard = name;
    ending.abort(name);
  };
  const names = Object.keys(EXITS) as (keyof typeof EXITS)[];
  for (const name of names) process.on(name, hear);
  return {
    signal: ending.signal,
    take: () => {
      for (const name of names) process.off(name, hear);
      if (heard !== undefined) process.emit(heard, heard); // it came while the command was still being loaded
    },
  };
}

/** A user without a name (a bare container) is still one. */
function actor(): string {
  try {
    return `user:${userInfo().username}`;
  } catch {
    return `user:${process.getuid?.() ?? 'unknown'}`; // no entry in the password file
  }
}

/** Runs the command line of this process and ends it. `open` is another way to a realm, for tests. */
export async function main(open: OpenDoor = openDoor): Promise<never> {
  const argv = process.argv.slice(2);
  const ends = endSignal();
  const mask = new Mask();
  const terminal = systemTerminal(process.env, argv.includes('--no-color'), mask);
  const shell: Shell = {
    terminal,
    mask,
    cwd: process.cwd(),
    env: process.env,
    clock: systemClock,
    signal: ends.signal,
    takeSignals: ends.take,
    actor: actor(),
    openDoor: open,
  };
  // Else Node would print it itself, and it may be a plugin's.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(EXIT.failed);
  });
  const code = await runCommandLine(argv, shell);
  await terminal.written();
  process.exit(code);
}
