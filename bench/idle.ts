// What a daemon with 1,000 resources costs while nothing happens: memory, and processor time over each of two minutes.
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from './frame/figure.ts';
import { processorMs, residentMiB } from './frame/process.ts';
import { appliedRealm, watchRealm } from './frame/realm-folder.ts';

/** A first daemon fills the code cache: one that strips types itself carries the compiler along, 25 MiB, until it ends. */
const WARM_MS = 5_000;
const SETTLE_MS = 15_000;
const WINDOW_MS = 60_000;

async function percentOf(pid: number): Promise<number> {
  const before = processorMs(pid);
  await pause(WINDOW_MS);
  return ((processorMs(pid) - before) / WINDOW_MS) * 100;
}

export const run: Bench = async () => {
  const folder = await appliedRealm(1_000);
  const first = await watchRealm(folder.dir);
  await pause(WARM_MS);
  await first.stop();
  const watching = await watchRealm(folder.dir);
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'ignore' });
  try {
    await pause(SETTLE_MS);
    const percent = await percentOf(watching.pid);
    const rss = residentMiB(watching.pid);
    const mapped = residentMiB(watching.pid, 'RssFile');
    const ratio = rss / residentMiB(bare.pid!);
    const later = await percentOf(watching.pid);
    return [
      { name: 'idle/rss', value: rss, unit: 'MiB', ratio, versus: 'a bare Node process', target: '100 MiB' },
      { name: 'idle/rss-of-files', value: mapped, unit: 'MiB' },
      { name: 'idle/cpu', value: percent, unit: '% of a core', target: 'under 0.5 %' },
      { name: 'idle/cpu-later', value: later, unit: '% of a core, a minute on' }, // by then V8 has compiled what is often run
    ];
  } finally {
    bare.kill('SIGKILL');
    await watching.stop();
    folder.dispose();
  }
};
