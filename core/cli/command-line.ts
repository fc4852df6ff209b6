// From words to a command and its exit code: parses, loads the one file that is needed, and tells what went wrong.
import { resolve } from 'node:path';
import { CommanderError } from 'commander';
import type { Door } from '../api/door.ts';
import { sleep } from '../clock.ts';
import { RealmError } from '../errors.ts';
import { EXIT, exitOf } from './exit-codes.ts';
import type { GlobalFlags } from './program.ts';
import { buildProgram } from './program.ts';
import { pluginVerbs } from './plugin-verbs.ts';
import { withRefHint } from './refs.ts';
import { errorText } from './render/frame.ts';
import { errorShape, writeJson } from './render/json.ts';
import type { Call, Need, Shell } from './shell.ts';
import { didYouMean } from './suggest.ts';
import type { Verb } from './verbs.ts';
import { VERBS } from './verbs.ts';
import { realmVersion } from './version.ts';

const CLOSING_MS = 5_000;

interface Parsed {
  readonly verb: Verb;
  readonly args: readonly string[];
  readonly flags: Record<string, unknown>;
  readonly globals: GlobalFlags;
}

/** Doors opened by this command line. */
class Doors {
  readonly #shell: Shell;
  readonly #open = new Map<Need, Promise<Door>>();

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  open(need: Need, globals: GlobalFlags): Promise<Door> {
    const { env, clock, signal, actor } = this.#shell;
    const cwd = resolve(this.#shell.cwd, globals.C ?? '.');
    const known = this.#open.get(need);
    const door = known ?? this.#shell.openDoor({ ...globals, cwd, env, clock, signal, actor }, need);
    this.#open.set(need, door);
    return door;
  }

  async any(): Promise<Door | undefined> {
    for (const door of this.#open.values()) return door.catch(() => undefined); // told where it was asked for
    return undefined;
  }

  /** Closes all, and gives up after five seconds. */
  async close(): Promise<void> {
    const closing = Promise.allSettled([...this.#open.values()].map(async (door) => (await door).close()));
    const closed = new AbortController();
    const late = sleep(this.#shell.clock, CLOSING_MS, closed.signal);
    await Promise.race([closing, late]);
    closed.abort();
  }
}

/** Runs one command line, argv without node and script, and answers with the exit code. Never throws. */
export async function runCommandLine(argv: readonly string[], shell: Shell): Promise<number> {
  const doors = new Doors(shell);
  let args: readonly string[] = [];
  try {
    const parsed = await parse(argv, shell, doors);
    args = parsed.args;
    const { run } = await parsed.verb.load();
    const ending = run(callOf(parsed, shell, doors));
    return await (parsed.verb.ownsSignals === true ? ending : Promise.race([ending, interrupted(shell.signal)]));
  } catch (error) {
    if (error instanceof Interrupted) return error.exit;
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage; // shown already
    return tell(await withRefHint(asUsage(error), args, await doors.any()), argv, shell);
  } finally {
    await doors.close();
  }
}

async function parse(argv: readonly string[], shell: Shell, doors: Doors): Promise<Parsed> {
  const first = argv.find((arg, i) => !arg.startsWith('-') && !VALUE_FLAGS.includes(argv[i - 1] ?? ''));
  const isOwn = VERBS.some(({ name }) => name.split(' ')[0] === first);
  const wantsHelp = first === undefined || first === 'help';
  const found: Parsed[] = [];
  const understand = (verbs: readonly Verb[]): void => {
    const program = buildProgram(verbs, shell.terminal, realmVersion(), (verb, args, flags, globals) =>
      found.push({ verb, args, flags, globals }),
    );
    program.parse([...argv], { from: 'user' });
  };
  const globalsOnly = (): GlobalFlags => globalsOf(argv, shell);
  if (wantsHelp && !argv.includes('--version') && !argv.includes('-V')) {
    const offered = await pluginVerbs(() => doors.open('look', globalsOnly())).catch(() => []); // help needs no realm
    understand([...VERBS, ...offered]);
  } else if (isOwn || first === undefined) {
    understand(VERBS);
  } else {
    understand(await withPluginVerbs(first, doors, globalsOnly()));
  }
  if (found[0] === undefined) throw new RealmError('USAGE', 'No command given.', { hint: 'realm --help' });
  return found[0];
}

const VALUE_FLAGS = ['-C', '--config', '--profile', '--state'];

/** Realm's verbs and those of the plugins in use. Throws when `word` begins none of them. */
async function withPluginVerbs(word: string, doors: Doors, globals: GlobalFlags): Promise<readonly Verb[]> {
  const names = (verbs: readonly Verb[]): string[] =>
    verbs.filter((v) => !v.isHidden).map(({ name }) => name.split(' ')[0]!);
  const unknown = (known: readonly Verb[], why = ''): RealmError =>
    new RealmError('USAGE', `There is no command \`${word}\`${why}.`, {
      hint: didYouMean(word, names(known)) ?? '`realm --help` lists them.',
    });
  const offered = await pluginVerbs(() => doors.open('look', globals)).catch((error: unknown) => {
    if (didYouMean(word, names(VERBS)) !== undefined) throw unknown(VERBS);
    const isHere = !(error instanceof RealmError && error.code === 'CONFIG_NOT_FOUND');
    throw isHere ? error : unknown(VERBS, ', and no realm here whose plugins could offer it');
  });
  if (!names(offered).includes(word)) throw unknown([...VERBS, ...offered]);
  return [...VERBS, ...offered];
}

/** The global flags, before the verb is known. */
function globalsOf(argv: readonly string[], { terminal }: Shell): GlobalFlags {
  const program = buildProgram([], { ...terminal, out: { ...terminal.out, write: () => {} } }, '', () => {});
  program.parseOptions([...argv]);
  return program.opts<GlobalFlags>();
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
    door: (need) => doors.open(need, globals),
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

/** Commander's complaints in Realm's form. */
function asUsage(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  const [sentence = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const meant = /\(Did you mean (.+)\?\)/.exec(suggestion ?? '')?.[1];
  const hint = meant === undefined ? '`--help` shows what is understood.' : `Did you mean \`${meant}\`?`;
  return new RealmError('USAGE', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, { hint });
}

/** Says what went wrong, to a person or to a program. */
function tell(error: unknown, argv: readonly string[], { terminal, cwd }: Shell): number {
  if (argv.includes('--json')) writeJson(terminal.out, errorShape(error));
  else terminal.err.write(errorText(error, { paint: terminal.err.paint, columns: terminal.err.columns, cwd }));
  return exitOf(error);
}
