// Connects the runs to the kernel: short actions inside this process, long ones of a daemon in processes of their own.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemProcesses } from '../os/processes.ts';
import { thisSystem } from '../os/system.ts';
import { chooseExecutor, type Executor } from '../runs/executor.ts';
import { InlineExecutor, type Invoke } from '../runs/inline-executor.ts';
import { createRuns, type Runs } from '../runs/runs.ts';
import { ShimExecutor } from '../runs/shim-executor.ts';
import type { StoredRun } from '../store/runs.ts';
import { KernelContext } from './context.ts';
import { checkedInput, findAction } from './invoke.ts';
import type { Kernel } from './kernel.ts';
import type { PluginSet } from './plugin-set.ts';
import type { World } from './world.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/realm', import.meta.url));
/** Names that a shell can export. */
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function createKernelRuns(kernel: Kernel): Runs {
  const { world, purpose } = kernel.options;
  const isLong = (run: StoredRun): boolean =>
    kernel.scene.loaded.registry.actions.get(run.action)?.action.long === true;
  return createRuns({
    store: kernel.store,
    clock: world.clock,
    random: world.random,
    crash: world.crash,
    executor: world.executor ?? (purpose === 'daemon' ? daemonExecutor(kernel, isLong) : inline(kernel)),
    ended: (run) => {
      if (run.forRef !== null) kernel.wake(run.forRef);
    },
  });
}

const inline = (kernel: Kernel): Executor =>
  new InlineExecutor({ clock: kernel.options.world.clock, invoke: (...call) => invokerOf(kernel.set)(...call) });

function daemonExecutor(kernel: Kernel, isLong: (run: StoredRun) => boolean): Executor {
  const { world, stateDir, file, profile } = kernel.options;
  const processes = systemProcesses(world.clock, thisSystem());
  const shim = new ShimExecutor({
    processes,
    clock: world.clock,
    folder: join(stateDir, 'run'),
    command: (dir) => [
      process.execPath,
      LAUNCHER,
      '--config',
      file,
      '--state',
      stateDir,
      ...(profile === undefined ? [] : ['--profile', profile]),
      'run-action',
      dir,
    ],
    cwd: dirname(file),
    env: () => runEnvironment(world.env),
    crash: world.crash,
  });
  const executor = chooseExecutor((run) => (isLong(run) ? 'shim' : 'inline'), { shim, inline: inline(kernel) });
  const close = async (): Promise<void> => {
    await executor.close();
    processes.close();
  };
  return { ...executor, close };
}

/**
 * All of this process's own: the run loads the same config, whose `${env:...}` and secrets mean this environment, and
 * an action must not see another one for being long.
 */
export const runEnvironment = (env: World['env']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && ENV_NAME.test(entry[0]) && !entry[0].startsWith('_realm_'),
    ),
  );

/** Carries an action out in this process, with its input checked and decoded. */
export function invokerOf(set: PluginSet): Invoke {
  return async (name, input, { signal, progress }) => {
    const { registry, root } = set.lender;
    const { plugin, action } = findAction(name, registry);
    const context = new KernelContext(plugin, undefined, signal, set.lender, progress);
    return action.run(checkedInput(name, action.input, input, root), context);
  };
}
