// A daemon to be killed: recovers, then starts runs as fast as it can, saying each key once it is stored. With none to start, it ends.
import { join } from 'node:path';
import { sleep, systemClock } from '../../../core/clock.ts';
import { systemProcesses } from '../../../core/os/processes.ts';
import { thisSystem } from '../../../core/os/system.ts';
import { systemRandom } from '../../../core/random.ts';
import { createRuns } from '../../../core/runs/runs.ts';
import { ShimExecutor } from '../../../core/runs/shim-executor.ts';
import { openStore } from '../../../core/store/store.ts';

const [folder, first, count] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const store = openStore({ dir: join(folder, '.realm'), clock: systemClock, random: systemRandom, mode: 'write' });
const processes = systemProcesses(systemClock, thisSystem(), { sweepMs: 50 });
const executor = new ShimExecutor({
  processes,
  clock: systemClock,
  folder: join(folder, 'run'),
  // the folder's name is the id of the run: the witness gets it once for each time the command really ran
  command: (dir) => [
    '/bin/sh',
    '-c',
    `echo "\${1##*/}" >> ${folder}/witness; sleep 0.1; echo '{"ok":true,"output":1}' > "$1/result.tmp"; mv "$1/result.tmp" "$1/result.json"`,
    'sh',
    dir,
  ],
  cwd: folder,
  env: () => ({ PATH: '/usr/bin:/bin' }),
});
const runs = createRuns({ store, clock: systemClock, random: systemRandom, executor });
await runs.recover();
process.stdout.write('recovered\n');
for (let n = first; n < first + count; n++) {
  await runs.start({ action: 'demo.work', key: `k${n}`, input: {}, actor: 'user:test' });
  process.stdout.write(`k${n}\n`);
  if (n % 3 === 0) await sleep(systemClock, 1);
}
const isOver = (): boolean => count === 0 && runs.list({ state: ['queued', 'running'] }).length === 0;
while (!isOver()) await sleep(systemClock, 10);
process.stdout.write('all ended\n');
await runs.close();
processes.close();
store.close({ clean: true });
