// Which command the words mean: one of Realm's own, or one that a plugin of this realm offers.
import { CommanderError } from 'commander';
import type { Door } from '../api/door.ts';
import { VERSION } from '../kernel/version.ts';
import { RealmError } from '../errors.ts';
import { pluginVerbs } from './plugin-verbs.ts';
import type { GlobalFlags } from './program.ts';
import { buildProgram, GLOBAL_VALUE_FLAGS } from './program.ts';
import type { Terminal } from './render/terminal.ts';
import { didYouMean } from './suggest.ts';
import type { Verb } from './verbs.ts';
import { VERBS } from './verbs.ts';

export interface Parsed {
  readonly verb: Verb;
  readonly args: readonly string[];
  readonly flags: Record<string, unknown>;
  readonly globals: GlobalFlags;
}
type OpenDoor = (globals: GlobalFlags) => Promise<Door>;

/** Throws USAGE, and CommanderError once help or the version was printed. `openDoor` is called only when plugins matter. */
export async function parse(argv: readonly string[], terminal: Terminal, openDoor: OpenDoor): Promise<Parsed> {
  const word = argv.find((arg, i) => !arg.startsWith('-') && !GLOBAL_VALUE_FLAGS.includes(argv[i - 1] ?? ''));
  const words = word === undefined ? [...argv, '--help'] : argv; // alone, `realm` helps
  const verbs = await verbsFor(word, argv, () => openDoor(globalsOf(argv, terminal)));
  let parsed: Parsed | undefined;
  const program = buildProgram(verbs, terminal, VERSION, (verb, args, flags, globals) => {
    parsed = { verb, args, flags, globals };
  });
  try {
    program.parse(words, { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError && error.exitCode !== 0 && error.code !== 'commander.help'
      ? usage(error)
      : error;
  }
  return parsed!; // commander either calls the command or throws
}

/** The verbs that can be meant; plugins are asked for theirs only when none of Realm's begins with the word. */
function verbsFor(
  word: string | undefined,
  argv: readonly string[],
  open: () => Promise<Door>,
): Promise<readonly Verb[]> {
  const isHelp = word === undefined || word === 'help';
  const isOwn = VERBS.some(({ name }) => name.split(' ')[0] === word);
  if (isOwn || argv.includes('--version') || argv.includes('-V')) return Promise.resolve(VERBS);
  if (!isHelp) return verbsWith(word, open);
  // oxlint-disable-next-line promise/prefer-await-to-then -- help needs no realm: without one it shows Realm's own verbs
  return pluginVerbs(open).then(
    (offered) => [...VERBS, ...offered],
    () => VERBS,
  );
}

const firstWords = (verbs: readonly Verb[]): string[] =>
  verbs.filter(({ isHidden = false }) => !isHidden).map(({ name }) => name.split(' ')[0]!);

/** Realm's verbs and those of the plugins in use. Throws when the word begins none of them. */
async function verbsWith(word: string, open: () => Promise<Door>): Promise<readonly Verb[]> {
  let offered: readonly Verb[];
  try {
    offered = await pluginVerbs(open);
  } catch (error) {
    if (didYouMean(word, firstWords(VERBS)) !== undefined) throw unknownCommand(word, VERBS);
    if (!(error instanceof RealmError) || error.code !== 'CONFIG_NOT_FOUND') throw error;
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

/** Commander's complaint in Realm's form. */
function usage({ message }: CommanderError): RealmError {
  const [sentence = '', suggestion = ''] = message.replace(/^error: /, '').split('\n');
  const meant = /\(Did you mean (.+)\?\)/.exec(suggestion)?.[1];
  const hint = meant === undefined ? '`--help` shows what is understood.' : `Did you mean \`${meant}\`?`;
  return new RealmError('USAGE', `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`, { hint });
}
