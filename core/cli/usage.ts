// What is wrong with a command line, in Realm's words instead of commander's, with what to type.
import type { CommanderError } from 'commander';
import { RealmError } from '../errors.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { didYouMean } from './suggest.ts';
import type { Verb } from './verbs.ts';

/** Commander's complaint about these words. `verbs` are the ones that could be meant. */
export function usage({ code, message }: CommanderError, words: readonly string[], verbs: readonly Verb[]): RealmError {
  const verb = verbs.find(({ name }) => name.split(' ').every((word, i) => words[i] === word));
  const [what = '', more = ''] = quotedIn(message);
  const told = SENTENCES[code]?.(what, more, verb, words);
  if (told === undefined) return wrong(`${message.replace(/^error: /, '').replace(/\.$/, '')}.`, undefined, verb);
  return wrong(told.sentence, told.hint ?? hintFor(code, what, verb, verbs, words), verb);
}

const wrong = (sentence: string, hint: string | undefined, verb: Verb | undefined): RealmError =>
  new RealmError('USAGE', sentence, {
    hint: hint ?? `\`realm ${verb === undefined ? '' : `${verb.name} `}--help\` shows what is understood.`,
  });

interface Told {
  readonly sentence: string;
  readonly hint?: string;
}
type Tell = (what: string, more: string, verb: Verb | undefined, words: readonly string[]) => Told;

const typedAs = (verb: Verb): string => ['realm', verb.name, ...(verb.args ?? [])].join(' ');

const SENTENCES: Readonly<Record<string, Tell>> = {
  'commander.missingArgument': (what, _more, verb) => ({
    sentence: `\`realm ${verb?.name ?? ''}\` needs a ${what}.`,
    ...(verb === undefined ? {} : { hint: `Type \`${typedAs(verb)}\`; \`realm ${verb.name} --help\` says more.` }),
  }),
  'commander.excessArguments': (_what, _more, verb, words) => {
    const takes = verb?.args?.length ?? 0;
    const extra = words.slice((verb?.name.split(' ').length ?? 1) + takes)[0];
    const most = takes === 0 ? 'no words' : takes === 1 ? 'one word' : `${takes} words`;
    return {
      sentence: `\`realm ${verb?.name ?? ''}\` takes ${most} after it, so ${extra === undefined ? 'this is' : `\`${extra}\` is`} too much.`,
    };
  },
  'commander.optionMissingArgument': (what) => ({
    sentence: `\`${flagIn(what)}\` needs a value: \`${what}\`.`,
  }),
  'commander.unknownOption': (what, _more, verb) => {
    const [flag = what] = what.split('=');
    if (flag !== what && knownTo(verb).includes(flag))
      return { sentence: `\`${flag}\` takes no value.`, hint: `Write \`${flag}\` alone.` };
    return { sentence: `${verb === undefined ? 'Realm' : `\`realm ${verb.name}\``} knows no flag \`${flag}\`.` };
  },
  'commander.unknownCommand': (what, _more, _verb, words) => ({
    sentence: `There is no command \`${[...words.slice(0, words.indexOf(what)), what].join(' ')}\`.`,
  }),
};

function hintFor(
  code: string,
  what: string,
  verb: Verb | undefined,
  verbs: readonly Verb[],
  words: readonly string[],
): string | undefined {
  if (code === 'commander.unknownCommand') {
    const typed = words.slice(0, words.indexOf(what) + 1).join(' ');
    return didYouMean(
      typed,
      verbs.map(({ name }) => name),
    );
  }
  if (code !== 'commander.unknownOption') return undefined;
  return didYouMean(
    what.split('=')[0]!,
    [...knownTo(verb), '--help'].filter((flag) => flag.startsWith('--')),
  );
}

const knownTo = (verb: Verb | undefined): string[] =>
  [...(verb?.flags ?? []), ...GLOBAL_FLAGS].flatMap(({ flags }) => flags.split(/,? /).filter(isFlag));
const isFlag = (word: string): boolean => word.startsWith('-');
/** `-n, --lines <count>` is `--lines`. */
const flagIn = (declared: string): string => declared.split(/,? /).findLast(isFlag) ?? declared;
const quotedIn = (message: string): string[] => Array.from(message.matchAll(/'([^']*)'/g), ([, inner]) => inner!);
