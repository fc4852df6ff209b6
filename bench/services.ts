// Services under a daemon: restarted after kill -9, started from nothing, found again, and what watching them costs.
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, Figure } from './frame/figure.ts';
import { processorMs, residentMiB } from './frame/process.ts';
import { sampleOf } from './frame/sample.ts';
import { grown, ServicesRealm, soon } from './frame/services-realm.ts';

const LIVING = 50;
const KILLS = 200;
const MANY = 100;
const CROWD = 200;
const ROUNDS = 5;
const WINDOW_MS = 20_000;
/** What a load leaves behind is given back 10 s after it; until then a daemon is not idle. */
const SETTLE_MS = 15_000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** From the saved config to the first line of each. */
async function fromNothing(realm: ServicesRealm): Promise<number> {
  const lines = Array.from({ length: LIVING }, (_, index) => grown(realm.logOf(index), () => {}));
  return timed(async () => {
    realm.declare(LIVING);
    await Promise.all(lines);
  });
}

/** kill -9 of one of fifty, to the first line of the next; one at a time, each service in turn. */
async function restarts(realm: ServicesRealm): Promise<readonly number[]> {
  const took: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    if (kill % LIVING === 0) await realm.running(LIVING);
    const index = kill % LIVING;
    const pid = realm.pids().get(index);
    if (pid === undefined) throw new Error(`${realm.nameOf(index)} does not run`);
    took.push(await grown(realm.logOf(index), () => process.kill(pid, 'SIGKILL')));
    await pause(10);
  }
  return took;
}

/** A hundred live on; from the start of the next daemon until it says that all is as declared. */
async function adoption(realm: ServicesRealm, daemon: number): Promise<{ readonly ms: number; readonly pid: number }> {
  const before = realm.pids();
  process.kill(daemon, 'SIGKILL');
  let pid = 0;
  const ms = await timed(async () => {
    pid = await realm.start();
    await soon(async () => (await realm.ask((door) => door.plan({})))?.changes.length === 0, 'nothing to do');
  });
  const after = realm.pids();
  for (const [index, one] of before)
    if (after.get(index) !== one) throw new Error(`${realm.nameOf(index)} was not found again`);
  return { ms, pid };
}

interface Pause {
  readonly ms: number;
  /** Of the processor, the loop itself between two of its timers at most. */
  readonly ownMs: number;
}

const longestPause = async (realm: ServicesRealm): Promise<Pause> =>
  (await realm.ask((door) => door.invoke('lag.longest', {}, 'user:bench'))) as Pause;

/** Two hundred die at once, again and again: how long the loop stood still at most each time, and when all were back. */
async function crowds(realm: ServicesRealm): Promise<Record<'ms' | 'ownMs' | 'backMs', readonly number[]>> {
  realm.declare(CROWD);
  await realm.running(CROWD);
  await pause(SETTLE_MS); // giving memory back is a pause of its own
  const longest: Pause[] = [];
  const backMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await pause(2_000);
    await longestPause(realm);
    const dead = [...realm.pids().values()];
    backMs.push(
      await timed(async () => {
        for (const pid of dead) process.kill(pid, 'SIGKILL');
        await realm.running(CROWD);
      }),
    );
    longest.push(await longestPause(realm));
  }
  return { ms: longest.map(({ ms }) => ms), ownMs: longest.map(({ ownMs }) => ownMs), backMs };
}

async function cost(daemon: number): Promise<{ readonly rss: number; readonly percent: number }> {
  await pause(SETTLE_MS);
  const before = processorMs(daemon);
  await pause(WINDOW_MS);
  return { percent: ((processorMs(daemon) - before) / WINDOW_MS) * 100, rss: residentMiB(daemon) };
}

const middleOf = (name: string, values: readonly number[]): Pick<Figure, 'name' | 'value' | 'spread'> => {
  const { median, spread } = sampleOf(values);
  return { name, value: median, spread };
};

export const run: Bench = async () => {
  using realm = new ServicesRealm();
  let daemon = await realm.start();
  const up = await fromNothing(realm);
  const restart = sampleOf(await restarts(realm));
  realm.declare(MANY);
  await realm.running(MANY);
  const adopted = await adoption(realm, daemon);
  daemon = adopted.pid;
  const { rss, percent } = await cost(daemon);
  const crowd = await crowds(realm);
  const figures: readonly Figure[] = [
    { name: 'services/restart', value: restart.median, unit: 'ms', spread: restart.spread, target: '6 ms' },
    { name: 'services/restart-p99', value: restart.p99, unit: 'ms', target: '50 ms' },
    { name: `services/start-${LIVING}`, value: up, unit: 'ms', target: '400 ms' },
    { name: `services/adopt-${MANY}`, value: adopted.ms, unit: 'ms', target: '1000 ms' },
    { name: `services/rss-${MANY}`, value: rss, unit: 'MiB', target: '100 MiB' },
    { name: `services/idle-${MANY}`, value: percent, unit: '% of a core', target: 'under 0.5 %' },
    { ...middleOf(`services/pause-${CROWD}`, crowd.ms), unit: 'ms', target: '20 ms' },
    { ...middleOf(`services/pause-${CROWD}-own`, crowd.ownMs), unit: 'ms of processor' },
    { ...middleOf(`services/back-${CROWD}`, crowd.backMs), unit: 'ms' },
  ];
  return figures;
};
