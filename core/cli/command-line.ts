// From words to an exit code: finds the command, loads its one file, runs it, and tells what went wrong.
import { resolve } from 'node:path';
import { Doors } from './doors.ts';
import { EXIT, exitOf } from './exit-codes.ts';
import type { Parsed } from './parse.ts';
import { HelpShown, parse } from './parse.ts';
import { withRefHint } from './refs.ts';
import { errorText } from './render/frame.ts';
import { errorShape, writeJson } from './render/json.ts';
import type { Call, Shell } from './shell.ts';
import { saysHost } from './verbs.ts';

/** Runs one command line, argv without node and script, and answers with the exit code. Never throws. */
export async function runCommandLine(argv: readonly string[], shell: Shell): Promise<number> {
  const doors = new Doors(shell);
  let args: readonly string[] = [];
  try {
    const parsed = await parse(argv, shell.terminal, (globals, bare) =>
      bare === undefined ? doors.open('look', globals) : doors.openBare(bare, globals),
    );
    args = parsed.args;
    const { run } = await parsed.verb.load();
    const ending = run(callOf(parsed, shellOf(parsed, shell), doors));
    return await (parsed.verb.ownsSignals === true ? ending : Promise.race([ending, interrupted(shell.signal)]));
  } catch (error) {
    if (error instanceof Interrupted) return error.exit;
    if (error instanceof HelpShown) return error.wasAskedFor ? EXIT.done : EXIT.usage;
    return tell(await withRefHint(error, args, await doors.any()), argv, shell);
  } finally {
    await doors.close();
  }
}

/** `--host` is REALM_HOST, in words. */
function shellOf({ verb, flags }: Parsed, shell: Shell): Shell {
  const host = saysHost(verb) ? flags['host'] : undefined;
  return typeof host === 'string' ? { ...shell, env: { ...shell.env, REALM_HOST: host } } : shell;
}

function callOf({ verb, args, flags, globals }: Parsed, shell: Shell, doors: Doors): Call {
  return {
    verb: verb.name,
    args,
    flags,
    globals,
    shell,
    cwd: resolve(shell.cwd, globals.C ?? '.'),
    out: shell.terminal.out,
    door: (need) => doors.open(need, globals, verb, shell.env),
  };
}

class Interrupted extends Error {
  readonly exit: number;
  constructor(signal: unknown) {
    super(String(signal));
    this.exit = signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;
  }
}

function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(new Interrupted(signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** Says what went wrong, to a person or to a program. */
function tell(error: unknown, argv: readonly string[], { terminal, cwd }: Shell): number {
  if (argv.includes('--json')) writeJson(terminal.out, errorShape(error));
  else terminal.err.write(errorText(error, { paint: terminal.err.paint, columns: terminal.err.columns, cwd }));
  return exitOf(error);
}
