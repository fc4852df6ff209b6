// realm completion SHELL: the script that a shell loads to complete realm's command lines.
import { RealmError } from '../../errors.ts';
import { bashScript } from '../completion/bash.ts';
import { fishScript } from '../completion/fish.ts';
import type { Place } from '../completion/tree.ts';
import { placesOf, SHELLS } from '../completion/tree.ts';
import { zshScript } from '../completion/zsh.ts';
import { EXIT } from '../exit-codes.ts';
import { buildProgram } from '../program.ts';
import type { Call } from '../shell.ts';
import { didYouMean } from '../suggest.ts';
import { VERBS } from '../verbs.ts';

const SCRIPTS: ReadonlyMap<string, (places: readonly Place[]) => string> = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);

// oxlint-disable-next-line typescript/require-await -- a command answers with a promise
export async function run({ args, out, shell }: Call): Promise<number> {
  const name = args[0]!;
  const script = SCRIPTS.get(name);
  if (script === undefined)
    throw new RealmError('USAGE', `There is no completion for ${name}.`, {
      hint: didYouMean(name, SHELLS) ?? `One of: ${SHELLS.join(', ')}.`,
    });
  out.write(script(placesOf(buildProgram(VERBS, shell.terminal, '', () => {}))));
  return EXIT.done;
}
