// realm __complete WHAT: the words that completion offers, one a line; silent when there is no realm to ask.
import type { Door } from '../../api/door.ts';
import { CODES } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { pluginVerbs } from '../plugin-verbs.ts';
import { refsOf } from '../refs.ts';
import type { Call } from '../shell.ts';
import type { Verb } from '../verbs.ts';

const SAFE = /^[\w./:@-]+$/; // a completion ends up in a command line

type Words = (door: () => Promise<Door>, typed: readonly string[]) => Promise<readonly string[]>;
const WORDS: Readonly<Record<string, Words>> = {
  refs: async (door) => refsOf(await door()),
  runs: async (door) => (await (await door()).runs({})).map(({ id }) => id),
  approvals: async (door) =>
    (await (await door()).approvals()).filter(({ state }) => state === 'waiting').map(({ id }) => id),
  codes: () => Promise.resolve(Object.keys(CODES)),
  verbs: async (door, typed) => nextWords(await pluginVerbs(door), typed),
};

/** What can follow these words: the next word of plugins' verbs, or the flags of the one that they are. */
function nextWords(verbs: readonly Verb[], typed: readonly string[]): readonly string[] {
  const next = verbs.flatMap(({ name, flags = [] }) => {
    const words = name.split(' ');
    if (words.some((word, i) => i < typed.length && word !== typed[i])) return [];
    return words.length > typed.length ? [words[typed.length]!] : flags.map((flag) => flag.flags.split(' ')[0]!);
  });
  return [...new Set(next)];
}

export async function run(call: Call): Promise<number> {
  const words = WORDS[call.args[0]!];
  if (words === undefined) return EXIT.usage;
  try {
    const found = await words(() => call.door('look'), call.args.slice(1));
    call.out.write(
      found
        .filter((word) => SAFE.test(word))
        .map((word) => `${word}\n`)
        .join(''),
    );
    return EXIT.done;
  } catch {
    return EXIT.failed; // nobody reads an error in the middle of a line; the command itself will tell it
  }
}
