// realm state recover: after damage, puts a copy of the database in place, or an empty one.
import { existsSync } from 'node:fs';
import { isoTime } from '../../clock.ts';
import { acquire } from '../../daemon/lease.ts';
import { VERSION } from '../../kernel/version.ts';
import { RealmError } from '../../errors.ts';
import { systemRandom } from '../../random.ts';
import type { Copy } from '../../store/copies.ts';
import { copies } from '../../store/copies.ts';
import { faultOf, recover } from '../../store/recover.ts';
import { isYes } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { table } from '../render/table.ts';
import { whenText } from '../render/time.ts';
import type { Call } from '../shell.ts';

type Choice = number | 'newest' | 'empty';

export async function run(call: Call<{ readonly empty?: boolean }>): Promise<number> {
  const { args, flags, globals, cwd, shell, out } = call;
  const choice = choiceOf(args[0], flags.empty === true);
  const { stateDir } = await placeOf(cwd, globals);
  if (choice === undefined) return list(existsSync(stateDir) ? copies(stateDir) : [], call);
  await confirm(choice, call);
  const { clock, signal } = shell;
  const lease = await acquire({
    stateDir,
    purpose: 'realm state recover',
    wait: globals.wait,
    signal,
    clock,
    random: systemRandom,
  });
  try {
    const number = recover(stateDir, choice, { clock, version: VERSION });
    if (globals.json) writeJson(out, { recovered: number });
    else
      out.write(
        `${number === null ? 'An empty database' : `Copy ${number}`} is in place; what was there is in quarantine.\n`,
      );
  } finally {
    await lease.release();
  }
  return EXIT.done;
}

/** Throws USAGE. Undefined: only list. */
function choiceOf(typed: string | undefined, isEmpty: boolean): Choice | undefined {
  if (isEmpty && typed === undefined) return 'empty';
  if (!isEmpty && (typed === undefined || typed === 'newest')) return typed;
  if (!isEmpty && /^\d{1,15}$/.test(typed ?? '')) return Number(typed);
  throw new RealmError('USAGE', 'Choose one: the number of a copy, `newest`, or `--empty`.', {
    hint: 'realm state recover newest',
  });
}

function list(all: readonly Copy[], { globals, out, shell }: Call): number {
  const checked = all.map((copy) => ({ ...copy, fault: faultOf(copy.path) ?? null }));
  if (globals.json) {
    writeJson(out, { copies: checked.map(({ madeAt, ...copy }) => ({ ...copy, madeAt: isoTime(madeAt) })) });
    return EXIT.done;
  }
  const titles = ['COPY', 'MADE', 'BYTES', 'STATE'].map((title) => ({ title }));
  const rows = checked.map(({ number, madeAt, bytes, fault }) => [
    String(number),
    whenText(isoTime(madeAt), shell.clock.now()),
    String(bytes),
    fault === null ? { text: 'good', style: 'green' as const } : { text: fault, style: 'red' as const },
  ]);
  out.write(rows.length === 0 ? 'There are no copies.\n' : table(titles, rows, out.columns, out.paint));
  out.write('`realm state recover newest` (or a number) puts one in place, `--empty` begins with none.\n');
  return EXIT.done;
}

async function confirm(choice: Choice, { globals, shell }: Call): Promise<void> {
  if (globals.yes) return;
  const what =
    choice === 'empty' ? 'an empty database' : choice === 'newest' ? 'the newest good copy' : `copy ${choice}`;
  const question = `This puts ${what} in place of the state of this realm. Do it? [y/N] `;
  const answer = globals.json ? undefined : await shell.terminal.ask(question);
  if (answer !== undefined && isYes(answer)) return;
  const said = answer === undefined ? 'nobody is here to say yes' : 'the answer was no';
  throw new RealmError('APPLY_UNCONFIRMED', `Nothing was changed: ${said}.`, {
    hint: `realm state recover ${choice === 'empty' ? '--empty' : choice} --yes`,
  });
}
