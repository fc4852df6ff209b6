// pm2 (npm) beside Realm: fifty processes from nothing, restarts after kill -9, and what watching them costs.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Bench, Figure } from '../frame/figure.ts';
import { residentMiB, timeOf } from '../frame/process.ts';
import { sampleOf } from '../frame/sample.ts';
import { grown, PROGRAM, ServicesRealm } from '../frame/services-realm.ts';

const LIVING = 50;
const KILLS = 200;
const GAP_MS = 20;
/** What a load leaves behind may be given back before the memory of either is looked at. */
const REST_MS = 15_000;

interface Supervised {
  logOf(index: number): string;
  pidOf(index: number): Promise<number>;
}

/** Every death is a first one for both, so that none waits. */
async function killEach({ logOf, pidOf }: Supervised): Promise<readonly number[]> {
  const took: number[] = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const index = kill % LIVING;
    const pid = await pidOf(index);
    took.push(await grown(logOf(index), () => process.kill(pid, 'SIGKILL')));
    await pause(GAP_MS);
  }
  return took;
}

class Pm2 implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'realm-peer-pm2-'));
  readonly #bin = join(this.#dir, 'node_modules/pm2/bin/pm2');
  readonly #env = { ...process.env, PM2_HOME: join(this.#dir, 'home') };

  install = (): Promise<number> =>
    timeOf(['npm', 'install', '--no-audit', '--no-fund', '--prefix', this.#dir, 'pm2@7'], this.#dir);

  logOf = (index: number): string => join(this.#dir, `n${index}.log`);
  pidOf = async (index: number): Promise<number> =>
    Number(readFileSync(join(this.#dir, `n${index}-${index}.pid`), 'utf8'));

  async call(...words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, [this.#bin, ...words], { env: this.#env });
    return stdout;
  }

  /** The daemon is there already, as Realm's. */
  async startAll(): Promise<number> {
    const [script, ...args] = PROGRAM;
    const apps = Array.from({ length: LIVING }, (_, index) => ({
      name: `n${index}`,
      script,
      args,
      interpreter: 'none',
      out_file: this.logOf(index),
      error_file: this.logOf(index),
      pid_file: join(this.#dir, `n${index}.pid`),
      min_uptime: 100,
    }));
    const file = join(this.#dir, 'all.config.cjs');
    writeFileSync(file, `module.exports = ${JSON.stringify({ apps })}\n`);
    await this.call('ping');
    const lines = apps.map((_, index) => grown(this.logOf(index), () => {}));
    const startedAt = performance.now();
    await Promise.all([this.call('start', file), ...lines]);
    return performance.now() - startedAt;
  }

  rss = (): number => residentMiB(Number(readFileSync(join(this.#env.PM2_HOME, 'pm2.pid'), 'utf8')));

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function ofPm2(): Promise<{ readonly up: number; readonly restarts: readonly number[]; readonly rss: number }> {
  using pm2 = new Pm2();
  await pm2.install();
  try {
    const up = await pm2.startAll();
    await pause(1_000);
    const restarts = await killEach(pm2);
    await pause(REST_MS);
    return { up, restarts, rss: pm2.rss() };
  } finally {
    await pm2.call('kill');
  }
}

async function ofRealm(): Promise<{ readonly up: number; readonly restarts: readonly number[]; readonly rss: number }> {
  using realm = new ServicesRealm();
  const daemon = await realm.start();
  const lines = Array.from({ length: LIVING }, (_, index) => grown(realm.logOf(index), () => {}));
  const startedAt = performance.now();
  realm.declare(LIVING);
  await Promise.all(lines);
  const up = performance.now() - startedAt;
  await realm.running(LIVING);
  let pids = realm.pids();
  const pidOf = async (index: number): Promise<number> => {
    if (index === 0) {
      await realm.running(LIVING); // all were killed once since they were last looked for
      pids = realm.pids();
    }
    return pids.get(index)!;
  };
  const restarts = await killEach({ logOf: realm.logOf, pidOf });
  await pause(REST_MS);
  return { up, restarts, rss: residentMiB(daemon) };
}

export const run: Bench = async () => {
  const theirs = await ofPm2();
  const ours = await ofRealm();
  const figure = (name: string, unit: string, mine: number, other: number): readonly Figure[] => [
    { name: `peer/pm2/${name}`, value: other, unit },
    { name: `services/${name}`, value: mine, unit, ratio: mine / other, versus: 'pm2' },
  ];
  const [mine, other] = [sampleOf(ours.restarts), sampleOf(theirs.restarts)];
  return [
    ...figure('restart', 'ms', mine.median, other.median),
    ...figure('restart-p99', 'ms', mine.p99, other.p99),
    ...figure(`start-${LIVING}`, 'ms', ours.up, theirs.up),
    ...figure(`rss-${LIVING}`, 'MiB', ours.rss, theirs.rss),
  ];
};
