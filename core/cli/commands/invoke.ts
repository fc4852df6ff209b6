// A command that a plugin offers: asks its action, or follows its stream.
import type { ActionView, RunRow } from '../../api/door.ts';
import { sleep } from '../../clock.ts';
import { RealmError } from '../../errors.ts';
import { isYes } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import type { ActionCall } from '../plugin-verbs.ts';
import { inputOf, WATCH } from '../plugin-verbs.ts';
import { writeJson, writeJsonLine } from '../render/json.ts';
import { valueTable } from '../render/value.ts';

const AGAIN_MS = 2_000;
/** Of ECMA-48: empties the screen; goes to its corner; ends a line; empties what is below. */
const CLEAR = '\x1b[2J';
const inPlace = (text: string): string => `\x1b[H${text.replaceAll('\n', '\x1b[K\n')}\x1b[J`;

export async function invoke(action: ActionView, call: ActionCall): Promise<number> {
  const input = inputOf(action, call);
  if (action.effect === 'stream') return follow(action, input, call);
  if (action.effect === 'destroy') await confirm(action, input, call);
  const { flags, shell } = call;
  const door = await call.door(action.effect === 'read' ? 'look' : 'act');
  const ask = (): Promise<unknown> => door.invoke(action.name, input, shell.actor);
  if (action.effect === 'read' && flags[WATCH] === true) return repeat(ask, call);
  const answer = await ask();
  if (action.long && action.effect !== 'read') {
    const { stay } = await import('./stay.ts');
    return stay(answer as RunRow, door, call);
  }
  tell(answer, call);
  return EXIT.done;
}

/** An answer with a `version` has a shape that others rely on, and is printed as it is; its `text` is for people. */
function shapeOf(answer: unknown): object {
  if (typeof answer !== 'object' || answer === null || !('version' in answer)) return { result: answer ?? null };
  const { text: _, ...shape } = answer as { readonly text?: unknown };
  return shape;
}

function tell(answer: unknown, { globals, out, shell }: ActionCall): void {
  if (globals.json) writeJson(out, shapeOf(answer));
  else out.write(valueTable(answer, out, shell.clock.now()));
}

/** Asks again and again until Ctrl-C: on a terminal in place, else one answer below the other, with --json one a line. */
async function repeat(ask: () => Promise<unknown>, { globals, out, shell }: ActionCall): Promise<number> {
  const left = AbortSignal.any([shell.signal, shell.terminal.readerLeft]);
  if (out.isTTY && !globals.json) out.write(CLEAR);
  while (!left.aborted) {
    const answer = await ask();
    if (globals.json) writeJsonLine(out, shapeOf(answer));
    else {
      const text = valueTable(answer, out, shell.clock.now());
      out.write(out.isTTY ? inPlace(text) : text);
    }
    await sleep(shell.clock, AGAIN_MS, left).catch(() => {}); // told to end
  }
  return EXIT.done;
}

async function follow(action: ActionView, input: object, call: ActionCall): Promise<number> {
  const { globals, out, shell } = call;
  const left = AbortSignal.any([shell.signal, shell.terminal.readerLeft]);
  for await (const item of (await call.door('look')).stream(action.name, input, left)) {
    if (globals.json) writeJsonLine(out, item);
    else out.write(valueTable(item, out, shell.clock.now()));
    if (left.aborted) break;
  }
  return EXIT.done;
}

/** Shows exactly what it is about before anything is lost. */
async function confirm({ verb, summary }: ActionView, input: object, call: ActionCall): Promise<void> {
  if (call.globals.yes) return;
  const what = `realm ${verb} ${JSON.stringify(input)}`;
  const answer = call.globals.json ? undefined : await call.shell.terminal.ask(`${summary}: ${what}\nDo it? [y/N] `);
  if (answer !== undefined && isYes(answer)) return;
  const said = answer === undefined ? 'nobody is here to say yes' : 'the answer was no';
  throw new RealmError('APPLY_UNCONFIRMED', `Nothing was done: ${what} destroys something, and ${said}.`, {
    hint: `realm ${verb} ... --yes`,
  });
}
