// What commander makes of a command line: the command, or help, or what is wrong with it; plugins' commands included.
import { CommanderError } from 'commander';
import type { Door } from '../api/door.ts';
import { VERSION } from '../kernel/version.ts';
import { RealmError } from '../errors.ts';
import { pluginVerbs } from './plugin-verbs.ts';
import type { GlobalFlags } from './global-flags.ts';
import { GLOBAL_VALUE_FLAGS } from './global-flags.ts';
import { BUILT_IN_PLUGINS } from '../schema/built-in.ts';
import type { OpenDoor, Parsed } from './parse.ts';
import { HelpShown } from './parse.ts';
import { buildProgram } from './program.ts';
import type { Terminal } from './render/terminal.ts';
import { didYouMean } from './suggest.ts';
import { usage } from './usage.ts';
import type { Verb } from './verbs.ts';
import { VERBS } from './verbs.ts';

/** Throws USAGE, and HelpShown. `openDoor` is called only when plugins matter. */
export async function understand(argv: readonly string[], terminal: Terminal, openDoor: OpenDoor): Promise<Parsed> {
  const line = withoutHelpWord(argv);
  const typed = wordsOf(line);
  const [word] = typed;
  if (word === undefined) refuseUnknownFlags(line, terminal);
  const verbs = await verbsFor(typed, line, (bare) => openDoor(globalsOf(line, terminal), bare));
  let parsed: Parsed | undefined;
  const program = buildProgram(verbs, terminal, VERSION, (verb, args, flags, globals) => {
    parsed = { verb, args, flags, globals };
  });
  try {
    program.parse(word === undefined ? [...line, '--help'] : line, { from: 'user' }); // alone, `realm` helps
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0 || error.code === 'commander.help') throw new HelpShown(error.exitCode === 0);
    throw usage(error, typed, verbs);
  }
  return parsed!; // commander either calls the command or throws
}

/** The words that are neither flags nor values of global flags. */
const wordsOf = (argv: readonly string[]): readonly string[] =>
  argv.filter((arg, i) => !arg.startsWith('-') && !GLOBAL_VALUE_FLAGS.includes(argv[i - 1] ?? ''));

/** `help plugin new` asks what `plugin new --help` asks. */
function withoutHelpWord(argv: readonly string[]): readonly string[] {
  const [first, topic] = wordsOf(argv);
  if (first !== 'help') return argv;
  const rest = argv.toSpliced(argv.indexOf('help'), 1);
  return topic === undefined ? rest : [...rest, '--help'];
}

/** Help is no answer to a flag that nobody knows. Throws USAGE. */
function refuseUnknownFlags(argv: readonly string[], terminal: Terminal): void {
  const asked = ['-h', '--help', '-V', '--version'];
  const { unknown } = buildProgram([], terminal, VERSION, () => {}).parseOptions(
    argv.filter((arg) => !asked.includes(arg)),
  );
  const [flag] = unknown;
  if (flag !== undefined)
    throw usage(new CommanderError(1, 'commander.unknownOption', `unknown option '${flag}'`), [], []);
}

/** The verbs that can be meant; plugins are asked for theirs only when none of Realm's begins with the word. */
function verbsFor(typed: readonly string[], argv: readonly string[], open: Open): Promise<readonly Verb[]> {
  const [word] = typed;
  const isOwn = VERBS.some(({ name }) => name.split(' ')[0] === word);
  if (isOwn || argv.includes('--version') || argv.includes('-V')) return Promise.resolve(VERBS);
  if (word !== undefined) return verbsWith(word, typed, open);
  // oxlint-disable-next-line promise/prefer-await-to-then -- help needs no realm: without one it shows Realm's own verbs
  return pluginVerbs(open).then(
    (offered) => [...VERBS, ...offered],
    () => VERBS,
  );
}

const firstWords = (verbs: readonly Verb[]): string[] =>
  verbs.filter(({ isHidden = false }) => !isHidden).map(({ name }) => name.split(' ')[0]!);

type Open = (bare?: string) => Promise<Door>;

/** Realm's verbs and those of the plugins in use. Throws when the word begins none of them. */
async function verbsWith(word: string, typed: readonly string[], open: Open): Promise<readonly Verb[]> {
  let offered: readonly Verb[];
  try {
    offered = await pluginVerbs(open);
  } catch (error) {
    if (didYouMean(word, firstWords(VERBS)) !== undefined) throw unknownCommand(word, VERBS);
    if (!(error instanceof RealmError) || error.code !== 'CONFIG_NOT_FOUND') throw error;
    const anywhere = BUILT_IN_PLUGINS.includes(word) ? await pluginVerbs(() => open(word), true) : [];
    if (anywhere.some(({ name }) => `${typed.join(' ')} `.startsWith(`${name} `))) return [...VERBS, ...anywhere];
    throw unknownCommand(word, VERBS, ', and no realm here whose plugins could offer it');
  }
  if (!firstWords(offered).includes(word)) throw unknownCommand(word, [...VERBS, ...offered]);
  return [...VERBS, ...offered];
}

const unknownCommand = (word: string, known: readonly Verb[], why = ''): RealmError =>
  new RealmError('USAGE', `There is no command \`${word}\`${why}.`, {
    hint: didYouMean(word, firstWords(known)) ?? '`realm --help` lists them.',
  });

/** The global flags, before the verb is known. */
function globalsOf(argv: readonly string[], terminal: Terminal): GlobalFlags {
  const program = buildProgram([], terminal, VERSION, () => {});
  program.parseOptions([...argv]);
  return program.opts<GlobalFlags>();
}
