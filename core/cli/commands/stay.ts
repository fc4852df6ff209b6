// Stays with a long action until its run has ended: how far it is, then what it answered.
import type { Door, RunDetail, RunRow } from '../../api/door.ts';
import { sleep } from '../../clock.ts';
import { EXIT } from '../exit-codes.ts';
import { type ActionCall, DETACH } from '../plugin-verbs.ts';
import { writeJson, writeJsonLine } from '../render/json.ts';
import { runProgress } from '../render/run-progress.ts';
import { hang, printable } from '../render/text.ts';
import { exactSpan } from '../render/time.ts';
import { valueTable } from '../render/value.ts';

/** A short run is not kept waiting for, a long one not asked for needlessly: a tenth of what it has taken, within these. */
const AGAIN_MS = [20, 200] as const;

const isGoing = ({ state }: RunRow): boolean => state === 'queued' || state === 'running';

/**
 * With `--json`: a line for each word of progress, and a last one with the run and what it returned. Whoever leaves before
 * the end leaves a run that a daemon carries out going on.
 */
export async function stay(begun: RunRow, door: Door, call: ActionCall): Promise<number> {
  const { globals, out, shell, flags } = call;
  if (flags[DETACH] === true && (await door.status()).daemon !== null) return tellBegun(begun, call);
  const left = (): void => shell.terminal.err.write(`\nLeft run ${begun.id}. ${whereToLook(begun, '; ')}\n`);
  shell.signal.addEventListener('abort', left, { once: true });
  const progress = runProgress(out, shell.clock, globals.json);
  const since = shell.clock.now();
  let run = await door.run(begun.id);
  while (isGoing(run)) {
    progress.tell(run);
    const [least, most] = AGAIN_MS;
    await sleep(shell.clock, Math.min(most, least + (shell.clock.now() - since) / 10), shell.signal);
    run = await door.run(begun.id);
  }
  progress.end();
  shell.signal.removeEventListener('abort', left);
  tellEnd(run, call);
  return run.state === 'succeeded' ? EXIT.done : EXIT.failed;
}

const whereToLook = ({ id }: RunRow, between: string): string =>
  [`realm logs ${id} --follow`, `realm cancel ${id}`].join(between);

function tellBegun(run: RunRow, { globals, out }: ActionCall): number {
  if (globals.json) writeJson(out, { run });
  else out.write(`Run ${run.id} (${run.action}) is ${run.state}.\n  ${whereToLook(run, '\n  ')}\n`);
  return EXIT.done;
}

function tellEnd({ output, ...run }: RunDetail, { globals, out, shell }: ActionCall): void {
  if (globals.json) return writeJsonLine(out, { version: 1, run, result: output });
  if (output !== null) out.write(valueTable(output, out, shell.clock.now()));
  const took =
    run.startedAt === null || run.endedAt === null
      ? ''
      : ` after ${exactSpan(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`;
  const reason = run.reason === null ? '' : `: ${printable(run.reason)}`;
  out.write(`${hang(`Run ${run.id} (${run.action}) ${run.state}${took}${reason}`, out.columns, 0, 2)}\n`);
}
