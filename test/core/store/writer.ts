// A process that writes to a store and says on its pipe which events are safe; a test kills it, or it kills itself.
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../../core/clock.ts';
import { systemRandom } from '../../../core/random.ts';
import { openStore } from '../../../core/store/store.ts';

const [dir = '', point = '', nth = '1', rounds = '25'] = process.argv.slice(2);

let calls = 0;
/** Dies as by a power switch at the n-th call of one crash point. */
function crash(name: string): void {
  if (point === 'list') writeSync(1, `point ${name}\n`);
  if (name !== point) return;
  calls += 1;
  if (calls === Number(nth)) process.kill(process.pid, 'SIGKILL');
}

const acknowledge = (seq: number): void => void writeSync(1, `ack ${seq}\n`);

const limits = { maxEvents: 300, historyBytes: 20_000 };
const store = openStore({ dir, clock: systemClock, random: systemRandom, mode: 'write', crash, limits });
const say = (what: string): number =>
  store.journal.append({ type: 'plugin.recovered', actor: 'kernel', data: { plugin: what } });

const last = point === '' ? Infinity : Number(rounds);
for (let round = 1; round <= last; round += 1) {
  const durable = round % 5 === 0;
  const seq = store.transaction(
    () => {
      const answer = say(`round ${round}`);
      store.rows.set('test', 'last', answer);
      store.rows.set('test', `seq/${answer}`, round);
      return answer;
    },
    { durable },
  );
  acknowledge(seq);
  for (let index = 0; index < 100; index += 1) say(`loose ${round}/${index}`);
  if (round % 3 === 0) {
    const newest = store.journal.lastSeq;
    store.journal.flush();
    acknowledge(newest);
  }
  if (round % 10 === 0) store.copy();
  while (store.sweep());
  await turn();
}
store.close({ clean: true });
writeSync(1, 'end\n');
