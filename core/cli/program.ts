// The command line as commander understands it, built from the table of verbs.
import { Command, Help, Option } from 'commander';
import type { GlobalFlags } from './global-flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import type { Terminal } from './render/terminal.ts';
import { wrap } from './render/text.ts';
import type { Flag, Verb } from './verbs.ts';

const MOST_CELLS = 100; // longer lines are hard to read
const CELLS_IN_PIPES = 80;

const flagLines = GLOBAL_FLAGS.map(({ flags, about }) => `  ${flags.padEnd(18)} ${about}\n`).join('');
const EVERYWHERE = `${flagLines}  -h, --help         the help of a command
  -V, --version      print the version
`;
const START = `  realm init                     write a realm.config.yaml to start from
  realm plan                     see what would change
  realm apply                    change it
  realm up                       keep it so from now on
  realm why service/web          when something is not as it should be
`;
const EXITS = `  0 done  1 failed  2 changes (plan)  3 drift  4 held  64 usage  75 busy
  130, 143 interrupted`;
/** Below the help of each verb. */
const REST = '\nFlags of every command, such as --json: realm --help';

export type OnCall = (
  verb: Verb,
  args: readonly string[],
  flags: Record<string, unknown>,
  globals: GlobalFlags,
) => void;

const optionOf = ({ flags, about, isList = false }: Flag): Option => {
  const option = new Option(flags, about);
  if (isList) option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
  return option;
};

/** The command for all but the last word of a verb, made when it is missing. */
function parentOf(program: Command, words: readonly string[], group: string): Command {
  return words.reduce((parent, word) => {
    const found = parent.commands.find((command) => command.name() === word);
    return (
      found ?? parent.command(word).helpGroup(`${group}:`).summary(`Commands about: ${word}`).usage('<command> [flags]')
    );
  }, program);
}

type Titled = (title: string, text: string) => string;

function addVerb(program: Command, verb: Verb, titled: Titled, onCall: OnCall): void {
  const words = verb.name.split(' ');
  const parent = parentOf(program, words.slice(0, -1), verb.group);
  const command = parent.command(words.at(-1)!, { hidden: verb.isHidden ?? false });
  const about = verb.detail === undefined ? '' : `\n\n${verb.detail}`;
  command.summary(verb.summary).description(`${verb.summary}.${about}`);
  command.helpGroup(`${verb.group}:`).usage(usageOf(verb));
  for (const argument of verb.args ?? []) command.argument(argument);
  for (const flag of verb.flags ?? []) command.addOption(optionOf(flag));
  const lines = (texts: readonly string[] = []): string =>
    texts.map((text) => `  ${wrap(text, CELLS_IN_PIPES - 4).join('\n    ')}\n`).join('');
  const examples = (verb.examples ?? []).map((text) => `  ${text}\n`).join('');
  command.addHelpText('after', titled('Exit codes', lines(verb.exits)) + titled('Examples', examples) + REST);
  command.action((...given: unknown[]) => {
    const args = given
      .slice(0, -2)
      .flat()
      .filter((value): value is string => typeof value === 'string');
    onCall(verb, args, command.opts(), program.opts<GlobalFlags>());
  });
}

/** `plugin new <name>`: all that is typed for it. */
function termOf(command: Command): string {
  const words = [command.name()];
  for (let at = command.parent; at !== null && at.parent !== null; at = at.parent) words.unshift(at.name());
  const args = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name();
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [...words, ...args].join(' ');
}

/** Commands that do something, where the help would otherwise list only the first words of several. */
const leavesOf = (command: Command): Command[] =>
  new Help()
    .visibleCommands(command)
    .filter((child) => command.parent === null || child.name() !== 'help')
    .flatMap((child) => (child.commands.length === 0 ? [child] : leavesOf(child)));

const usageOf = ({ args = [] }: Verb): string => [...args, '[flags]'].join(' ');

/** Throws CommanderError for help, version and everything it does not understand. */
export function buildProgram(
  verbs: readonly Verb[],
  terminal: Pick<Terminal, 'out' | 'err'>,
  version: string,
  onCall: OnCall,
): Command {
  const cells = (columns: number): number => Math.min(MOST_CELLS, Number.isFinite(columns) ? columns : CELLS_IN_PIPES);
  const title = (text: string): string => terminal.out.paint('bold', text);
  const titled: Titled = (name, text) => (text === '' ? '' : `\n${title(`${name}:`)}\n${text}`);
  const program = new Command('realm')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => cells(terminal.out.columns),
      getErrHelpWidth: () => cells(terminal.err.columns),
      outputError: () => {}, // shown by us, with the code
    })
    .configureHelp({
      subcommandTerm: termOf,
      visibleCommands: leavesOf,
      visibleOptions: (command) => (command.parent === null ? [] : new Help().visibleOptions(command)),
      styleTitle: (text) => title(text === 'Options:' ? 'Flags:' : text),
    })
    .usage('<command> [flags]')
    .description('Keeps a realm true to its realm.config.yaml.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .commandsGroup('Help:')
    .helpCommand('help [command]', 'Print the help of a command')
    .addHelpText(
      'after',
      titled('Flags of every command', EVERYWHERE) + titled('Examples', START) + titled('Exit codes', EXITS),
    );
  for (const flag of GLOBAL_FLAGS) program.addOption(optionOf(flag));
  for (const verb of verbs) addVerb(program, verb, titled, onCall);
  return program;
}
