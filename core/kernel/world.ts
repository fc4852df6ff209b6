// Everything outside the kernel that can be given: time, chance, environment, logs, and how runs are carried out.
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { Log } from '../contract/context.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { type Random, systemRandom } from '../random.ts';
import type { Ref } from '../model/ref.ts';
import type { Executor } from '../runs/executor.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly crash: CrashPoint;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who carries runs out instead of real processes; given in simulations. */
  readonly executor?: Executor;
  /** A log that already carries the plugin and the resource. */
  log(plugin: string, ref?: Ref): Log;
}

const nothing = (): void => {};
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

export const systemWorld: World = {
  clock: systemClock,
  random: systemRandom,
  crash: noCrash,
  env: process.env,
  log: () => silentLog,
};
