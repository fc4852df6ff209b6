// Everything outside the kernel that can be given: time, chance, environment, logs, processes, and how runs are carried out.
import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import type { Log, ThisMachine } from '../contract/context.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { type Random, systemRandom } from '../random.ts';
import type { Ref } from '../model/ref.ts';
import type { Ask } from '../os/ask.ts';
import type { OpenProcesses } from '../os/processes.ts';
import type { Executor } from '../runs/executor.ts';

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly crash: CrashPoint;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Who carries runs out instead of real processes; given in simulations. */
  readonly executor?: Executor;
  /** Who asks the tools that kinds observe. Default: this process. */
  readonly ask?: Ask;
  /** A life's view of the machine's processes; given in simulations. Default: the real ones. */
  readonly processes?: () => OpenProcesses;
  /** What the machine says of itself; given where one machine stands for several. Default: the real one. */
  readonly machine?: (env: World['env']) => ThisMachine;
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
