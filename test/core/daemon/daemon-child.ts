// A daemon with a kernel that only remembers: what it is told goes, a line each, to the file of its second argument.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep, systemClock } from '../../../core/clock.ts';
import type { KernelLike } from '../../../core/daemon/daemon.ts';
import { runDaemon } from '../../../core/daemon/daemon.ts';
import { createLogs } from '../../../core/daemon/log.ts';
import { stopSignals } from '../../../core/daemon/stop-signals.ts';
import { RealmError } from '../../../core/errors.ts';
import { systemRandom } from '../../../core/random.ts';
import { sampleDoor, SOURCE } from './sample-door.ts';

const [stateDir, notes, folder, mode] = process.argv.slice(2) as [string, string, string, string?];
const note = (line: string): void => appendFileSync(notes, `${line}\n`);
const config = join(folder, 'realm.config.yaml');
const isHeldBack = (): boolean => mode === 'long-start' && !existsSync(join(folder, 'go'));
let known = '';

const kernel: KernelLike = {
  door: sampleDoor(),
  source: () => SOURCE,
  watched: () => ({
    files: [config],
    folders: [join(folder, 'configs', 'skills')],
    plugins: [join(folder, 'plugin')],
    kinds: [join(folder, 'motd')],
  }),
  async start() {
    note('start');
    while (isHeldBack()) await sleep(systemClock, 5);
    note('started');
  },
  async reload() {
    const text = readFileSync(config, 'utf8');
    if (text.includes('bad')) {
      note('invalid');
      return { ok: false, error: new RealmError('CONFIG_INVALID', 'it says bad') };
    }
    const changed = text !== known;
    known = text;
    note(`reload ${JSON.stringify(text)}`);
    return { ok: true, changed };
  },
  edited: () => {},
  onReadAgain: (reload) => void process.on('SIGUSR2', reload),
  touched: (paths) => note(`touched ${paths.join()}`),
  async stop(budgetMs, reason) {
    note(`stop ${budgetMs} ${reason}`);
    if (mode === 'slow') await sleep(systemClock, 60_000);
  },
};

if (mode === 'busy') {
  const work = (): void => {
    for (const until = performance.now() + 30; performance.now() < until;);
    setImmediate(work);
  };
  work();
}

const signals = stopSignals();
const logs = createLogs({ stateDir, clock: systemClock });
try {
  const end = await runDaemon({
    stateDir,
    clock: systemClock,
    random: systemRandom,
    log: logs.log('kernel'),
    signals,
    wait: mode !== 'no-wait',
    async open() {
      if (mode === 'broken') throw new RealmError('CONFIG_INVALID', 'line 3 is wrong');
      known = readFileSync(config, 'utf8');
      return kernel;
    },
    onReady: ({ socket }) => note(`ready ${socket}`),
    ...(mode === 'slow' ? { stopBudgetMs: 60_000 } : {}),
  });
  note(`end ${JSON.stringify(end)}`);
  process.exit(end.isClean ? 0 : 1);
} catch (error) {
  process.stderr.write(`${String(error)}\n`);
  process.exit(75);
}
