// A command that a plugin offers: asks its action, or follows its stream.
import type { ActionView, RunRow } from '../../api/door.ts';
import { RealmError } from '../../errors.ts';
import { isYes } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import type { ActionCall } from '../plugin-verbs.ts';
import { inputOf } from '../plugin-verbs.ts';
import { writeJson, writeJsonLine } from '../render/json.ts';
import { hang, printable } from '../render/text.ts';
import { exactSpan } from '../render/time.ts';
import { valueTable } from '../render/value.ts';

export async function invoke(action: ActionView, call: ActionCall): Promise<number> {
  const input = inputOf(action, call);
  if (action.effect === 'stream') return follow(action, input, call);
  if (action.effect === 'destroy') await confirm(action, input, call);
  const { globals, out, shell } = call;
  const door = await call.door(action.effect === 'read' ? 'look' : 'act');
  const answer = await door.invoke(action.name, input, shell.actor);
  if (action.long && action.effect !== 'read') return tellRun(answer as RunRow, call);
  if (globals.json) writeJson(out, { result: answer ?? null });
  else out.write(valueTable(answer, out));
  return EXIT.done;
}

/** A long action answers with its run: begun where a daemon watches it, ended where this process was its home. */
function tellRun(run: RunRow, { globals, out }: ActionCall): number {
  const isGoing = run.state === 'queued' || run.state === 'running';
  const took =
    run.startedAt === null || run.endedAt === null
      ? ''
      : ` after ${exactSpan(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`;
  const reason = run.reason === null ? '' : `: ${printable(run.reason)}`;
  if (globals.json) writeJson(out, { result: run });
  else if (isGoing)
    out.write(
      `Run ${run.id} (${run.action}) is ${run.state}.\n  realm logs ${run.id} --follow\n  realm cancel ${run.id}\n`,
    );
  else out.write(`${hang(`Run ${run.id} (${run.action}) ${run.state}${took}${reason}`, out.columns, 0, 2)}\n`);
  return isGoing || run.state === 'succeeded' ? EXIT.done : EXIT.failed;
}

async function follow(action: ActionView, input: object, call: ActionCall): Promise<number> {
  const { globals, out, shell } = call;
  const left = AbortSignal.any([shell.signal, shell.terminal.readerLeft]);
  for await (const item of (await call.door('look')).stream(action.name, input, left)) {
    if (globals.json) writeJsonLine(out, item);
    else out.write(valueTable(item, out));
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
