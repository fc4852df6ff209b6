// A daemon that can die as by `kill -9`: at a write, or between two turns; from then on it does nothing more.
import { join } from 'node:path';
import type { Clock } from '../../../core/clock.ts';
import type { CrashPoint } from '../../../core/crash.ts';
import { Kernel } from '../../../core/kernel/kernel.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import type { OpenProcesses } from '../../../core/os/processes.ts';
import type { Random } from '../../../core/random.ts';

export interface MortalDaemon {
  readonly kernel: Kernel;
  /** To be set by whoever kills it. */
  readonly state: { isOver: boolean };
}

interface Parts {
  readonly root: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly processes: (crash: CrashPoint) => OpenProcesses;
  /** Asked at each write: whether it dies here. */
  readonly isDoomed: () => boolean;
}

export async function mortalDaemon({ root, clock, random, processes, isDoomed }: Parts): Promise<MortalDaemon> {
  const state = { isOver: false };
  const crash = (): void => {
    if (!state.isOver && !isDoomed()) return;
    state.isOver = true;
    throw new Error('killed');
  };
  const own: Clock = {
    now: () => clock.now(),
    after: (ms, fn) => clock.after(ms, () => (state.isOver ? undefined : fn())),
  };
  const kernel = await Kernel.open({
    file: join(root, 'realm.config.yaml'),
    stateDir: join(root, '.realm'),
    env: {},
    purpose: 'daemon',
    world: {
      clock: own,
      random,
      crash,
      env: {},
      log: () => silentLog,
      processes: () => mortal(processes(crash), state),
    },
  });
  return { kernel, state };
}

/** Who is dead goes on with nothing that it waited for: what it was about to write comes from nowhere else. */
const mortal = (processes: OpenProcesses, state: { readonly isOver: boolean }): OpenProcesses =>
  new Proxy(processes, {
    get(target, name: keyof OpenProcesses) {
      return (...args: never[]): unknown => {
        const answer = target[name](...(args as [never, never]));
        return answer instanceof Promise
          ? answer.finally(() => (state.isOver ? new Promise(() => {}) : undefined))
          : answer;
      };
    },
  });
