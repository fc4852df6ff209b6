// realm __complete WHAT: the words that completion offers, one a line; silent when there is no realm to ask.
import type { Door } from '../../api/door.ts';
import { CODES } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { refsOf } from '../refs.ts';
import type { Call } from '../shell.ts';

const SAFE = /^[\w./:@-]+$/; // a completion ends up in a command line

const WORDS: Readonly<Record<string, (door: () => Promise<Door>) => Promise<readonly string[]>>> = {
  refs: async (door) => refsOf(await door()),
  runs: async (door) => (await (await door()).runs({})).map(({ id }) => id),
  approvals: async (door) =>
    (await (await door()).approvals()).filter(({ state }) => state === 'waiting').map(({ id }) => id),
  codes: () => Promise.resolve(Object.keys(CODES)),
};

export async function run(call: Call): Promise<number> {
  const words = WORDS[call.args[0]!];
  if (words === undefined) return EXIT.usage;
  try {
    const found = await words(() => call.door('look'));
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
