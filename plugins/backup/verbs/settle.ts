// `realm backup settle`: what an interrupted restore left is finished or taken back, and old copies whose time is over go.
import { type Action, s } from 'realm-runner/plugin';
import { journals } from '../interrupted.ts';
import { purgeRestores, recoverSwaps, toldRecovered } from '../restore/recover.ts';
import { toolsOf } from '../tools.ts';
import { linesOf } from '../words.ts';

export const settleVerb: Action<object> = {
  name: 'backup.settle',
  summary: 'Finish or take back what an interrupted restore left, and clear away old copies whose time is over.',
  input: s.object({}),
  effect: 'write',
  long: true,
  cli: { verb: 'backup settle' },
  async run(_, ctx) {
    const tools = toolsOf(ctx);
    const recovered = recoverSwaps(journals(ctx), tools);
    const purged = purgeRestores(journals(ctx), ctx.now(), tools);
    const cleared = purged.map((uid) => `the restore ${uid} cannot be taken back any more\n`).join('');
    const text = `${linesOf(toldRecovered(recovered))}${cleared}` || 'nothing was left to settle\n';
    return { version: 1, text, recovered, purged };
  },
};
