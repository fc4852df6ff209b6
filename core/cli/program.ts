// The command line as commander understands it, built from the table of verbs.
import { Command, Help, Option } from 'commander';
import type { Terminal } from './render/terminal.ts';
import type { Globals } from './shell.ts';
import type { Flag, Verb } from './verbs.ts';

const MOST_CELLS = 100; // longer lines are hard to read
const CELLS_IN_PIPES = 80;

const GLOBAL_FLAGS: readonly Flag[] = [
  { flags: '-C <dir>', about: 'as if started in this folder' },
  { flags: '--config <file>', about: 'this config instead of the nearest realm.config.yaml' },
  { flags: '--profile <name>', about: 'with this profile of the config' },
  { flags: '--state <dir>', about: 'state folder; default .realm beside the config' },
  { flags: '--json', about: 'print JSON' },
  { flags: '--yes', about: 'answer every question with yes' },
  { flags: '--no-wait', about: 'fail at once (75) when another process is at work' },
  { flags: '--no-color', about: 'no colours' },
];

/** Global flags that take a value, as they are typed. */
export const GLOBAL_VALUE_FLAGS: readonly string[] = GLOBAL_FLAGS.filter(({ flags }) => flags.includes('<')).map(
  ({ flags }) => flags.split(' ')[0]!,
);
const flagLines = GLOBAL_FLAGS.map(({ flags, about }) => `  ${flags.padEnd(18)} ${about}\n`).join('');
const AFTER_HELP = `
Flags of every command:
${flagLines}  -h, --help         help for a command
  -V, --version      print the version

Examples:
  realm init                     write a realm.config.yaml to start from
  realm plan                     see what would change
  realm apply                    change it
  realm up                       keep it so from now on
  realm why service/web          when something is not as it should be

Exit codes:
  0 done  1 failed  2 changes (plan)  3 drift  4 held  64 usage  75 busy
  130, 143 interrupted
`;

export type OnCall = (
  verb: Verb,
  args: readonly string[],
  flags: Record<string, unknown>,
  globals: GlobalFlags,
) => void;
export interface GlobalFlags extends Globals {
  readonly C?: string;
}

const optionOf = ({ flags, about, isList = false }: Flag): Option => {
  const option = new Option(flags, about);
  if (isList) option.argParser((value: string, all: string[] | undefined) => [...(all ?? []), value]);
  return option;
};

/** The command for all but the last word of a verb, made when it is missing. */
function parentOf(program: Command, words: readonly string[], group: string): Command {
  return words.reduce((parent, word) => {
    const found = parent.commands.find((command) => command.name() === word);
    return found ?? parent.command(word).helpGroup(`${group}:`).summary(`Commands about: ${word}`);
  }, program);
}

function addVerb(program: Command, verb: Verb, onCall: OnCall): void {
  const words = verb.name.split(' ');
  const parent = parentOf(program, words.slice(0, -1), verb.group);
  const command = parent.command(words.at(-1)!, { hidden: verb.isHidden ?? false });
  command.summary(verb.summary).description(`${verb.summary}.`).helpGroup(`${verb.group}:`).usage(usageOf(verb));
  for (const argument of verb.args ?? []) command.argument(argument);
  for (const flag of verb.flags ?? []) command.addOption(optionOf(flag));
  const listed = (title: string, lines: readonly string[] = []): string =>
    lines.length === 0 ? '' : `\n${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`;
  command.addHelpText('after', listed('Exit codes', verb.exits) + listed('Examples', verb.examples));
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
      visibleCommands: (command) => (command.parent === null ? leavesOf(command) : new Help().visibleCommands(command)),
      visibleOptions: (command) => (command.parent === null ? [] : new Help().visibleOptions(command)),
      styleTitle: (text) => terminal.out.paint('bold', text),
    })
    .usage('<command> [flags]')
    .description('Keeps a realm true to its realm.config.yaml.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .commandsGroup('Help:')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', AFTER_HELP);
  for (const flag of GLOBAL_FLAGS) program.addOption(optionOf(flag));
  for (const verb of verbs) addVerb(program, verb, onCall);
  return program;
}
