// realm explain CODE: what an error code means and what to do.
import { CODES, RealmError } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { writeJson } from '../render/json.ts';
import { table } from '../render/table.ts';
import { wrap } from '../render/text.ts';
import type { Call } from '../shell.ts';
import { didYouMean } from '../suggest.ts';

const READABLE_CELLS = 80;

// oxlint-disable-next-line typescript/require-await -- a command answers with a promise
export async function run({ args, globals, out }: Call): Promise<number> {
  const [typed] = args;
  if (typed === undefined) return list({ globals, out });
  const code = typed.toUpperCase().replaceAll('-', '_');
  if (!isCode(code))
    throw new RealmError('CODE_UNKNOWN', `There is no error code ${typed}.`, {
      hint: didYouMean(code, Object.keys(CODES)) ?? '`realm explain` lists all.',
    });
  const { explain, retry } = CODES[code];
  const again = retry ? 'Trying again without a change can help.' : 'Trying again without a change does not help.';
  if (globals.json) writeJson(out, { code, explain, retry });
  else
    out.write(
      `${out.paint('bold', code)}\n${[...wrap(explain, READABLE_CELLS), again].map((line) => `  ${line}\n`).join('')}`,
    );
  return EXIT.done;
}

const isCode = (text: string): text is ErrorCode => Object.hasOwn(CODES, text);

function list({ globals, out }: Pick<Call, 'globals' | 'out'>): number {
  const all = Object.entries(CODES);
  const rows = all.map(([code, { explain }]) => [code, explain]);
  if (globals.json) writeJson(out, { codes: all.map(([code, meaning]) => ({ code, ...meaning })) });
  else out.write(table([{ title: 'CODE' }, { title: 'MEANING' }], rows, out.columns, out.paint));
  return EXIT.done;
}
