// Events stated, committed, written to the history and heard, per second; and how long the loop was ever kept from turning.
import { fsyncSync, mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../core/clock.ts';
import { systemRandom } from '../core/random.ts';
import type { Store } from '../core/store/store.ts';
import { openStore } from '../core/store/store.ts';
import { Listeners } from '../core/store/listeners.ts';
import type { Figure } from './frame/figure.ts';

const SECONDS = 3;
/** Stated in one turn of the loop; a kernel that states more at once has another problem. */
const BURST = 128;

function withStore<T>(work: (store: Store, dir: string) => Promise<T> | T): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'realm-events-'));
  const store = openStore({ dir: join(dir, '.realm'), clock: systemClock, random: systemRandom, mode: 'write' });
  return Promise.resolve(work(store, dir)).finally(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });
}

const state = (store: Store, index: number): number =>
  store.journal.append({
    type: 'condition.changed',
    actor: 'kernel',
    ref: `file/f${index % 100}`,
    data: {
      ref: `file/f${index % 100}`,
      type: 'Ready',
      from: 'False',
      to: 'True',
      reason: 'Applied',
      message: `${index}`,
    },
  });

async function grouped(store: Store): Promise<readonly Figure[]> {
  let heard = 0;
  const listeners = new Listeners((where, error) => {
    throw new Error(where, { cause: error });
  });
  store.journal.listen((events) => listeners.deliver(events));
  listeners.add('bench', undefined, () => void (heard += 1));
  const burst = async (until: number): Promise<number> => {
    let stated = 0;
    while (performance.now() < until) {
      for (let index = 0; index < BURST; index += 1) state(store, stated + index);
      stated += BURST;
      await turn();
    }
    return stated;
  };
  await burst(performance.now() + 500); // warm
  store.journal.flush();
  await turn();
  heard = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startedAt = performance.now();
  const stated = await burst(startedAt + SECONDS * 1000);
  store.journal.flush();
  await turn();
  const seconds = (performance.now() - startedAt) / 1000;
  delay.disable();
  if (heard !== stated) throw new Error(`${stated} events stated, ${heard} heard`);
  return [
    { name: 'events/grouped', value: stated / seconds, unit: 'events/s', target: '150,000' },
    { name: 'events/pause-max', value: delay.max / 1e6, unit: 'ms', target: 'under 15' },
    { name: 'events/pause-p99', value: delay.percentile(99) / 1e6, unit: 'ms' },
  ];
}

/** How often per second `work` runs. */
function rate(work: (index: number) => void): number {
  const startedAt = performance.now();
  let count = 0;
  while (performance.now() - startedAt < 1000) work(count++);
  return (count / (performance.now() - startedAt)) * 1000;
}

/** One transaction each, and one that is on the disk when it returns, beside the bare `fsync` of this disk. */
function single(store: Store, dir: string): readonly Figure[] {
  const one = rate((index) => void store.transaction(() => state(store, index)));
  const durable = rate((index) => void store.transaction(() => state(store, index), { durable: true }));
  const handle = openSync(join(dir, 'floor'), 'w');
  const line = Buffer.alloc(300, 'x');
  const floor = rate(() => {
    writeSync(handle, line);
    fsyncSync(handle);
  });
  closeSync(handle);
  return [
    { name: 'events/one-transaction-each', value: one, unit: 'events/s' },
    {
      name: 'events/one-fsync-each',
      value: durable,
      unit: 'events/s',
      ratio: durable / floor,
      versus: 'write + fsync of one line',
    },
  ];
}

export async function run(): Promise<readonly Figure[]> {
  return [...(await withStore(grouped)), ...(await withStore(single))];
}
