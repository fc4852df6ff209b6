// Connects the runs to the kernel: short actions inside this process, long ones of a daemon in processes of their own.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keepAccepted } from '../config/accepted.ts';
import type { Source } from '../config/source.ts';
import { messageOf } from '../errors.ts';
import { chooseExecutor, type Executor } from '../runs/executor.ts';
import { InlineExecutor, type Invoke } from '../runs/inline-executor.ts';
import { RunRetention } from '../runs/run-retention.ts';
import { createRuns, type Runs } from '../runs/runs.ts';
import { ShimExecutor } from '../runs/shim-executor.ts';
import type { StoredRun } from '../store/runs.ts';
import { KernelContext } from './context.ts';
import { findAction, readInput } from './invoke.ts';
import type { Kernel } from './kernel.ts';
import type { PluginSet } from './plugin-set.ts';
import type { World } from './world.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/realm', import.meta.url));
/** Names that a shell can export. */
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function createKernelRuns(kernel: Kernel): Runs {
  const { world } = kernel.options;
  const isLong = (run: StoredRun): boolean =>
    kernel.scene.loaded.registry.actions.get(run.action)?.action.long === true;
  return createRuns({
    store: kernel.store,
    clock: world.clock,
    random: world.random,
    crash: world.crash,
    executor: world.executor ?? systemExecutor(kernel, isLong),
    ended: (run) => {
      if (run.forRef !== null) kernel.wake(run.forRef);
    },
  });
}

const inline = (kernel: Kernel): Executor =>
  new InlineExecutor({ clock: kernel.options.world.clock, invoke: (...call) => invokerOf(kernel.set)(...call) });

/** One command carries everything out itself, and still finds what a daemon began in processes of their own. */
function systemExecutor(kernel: Kernel, isLong: (run: StoredRun) => boolean): Executor {
  const { world, stateDir, file, profile } = kernel.options;
  const isDaemon = kernel.options.purpose === 'daemon';
  let kept: Source | undefined;
  const keepSource = (): void => {
    const { source } = kernel.scene.loaded;
    if (source !== kept) keepAccepted(stateDir, source, world.crash);
    kept = source;
  };
  const shim = new ShimExecutor({
    processes: kernel.processes.all,
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
    prepare: keepSource,
    env: () => runEnvironment(world.env),
    crash: world.crash,
  });
  const retention = new RunRetention({
    folder: join(stateDir, 'run'),
    clock: world.clock,
    crash: world.crash,
    get: (id) => kernel.store.runs.get(id),
    isRunning: (run) => shim.isRunning(run),
    forget: (before, keep) => void (kernel.store.health === 'ok' && kernel.store.runs.prune(before, keep)),
    trouble: (error) => world.log('kernel').warn(`what is left of old runs stays: ${messageOf(error)}`, { error }),
  });
  if (isDaemon) retention.start();
  const executor = chooseExecutor((run) => (isDaemon && isLong(run) ? 'shim' : 'inline'), {
    shim,
    inline: inline(kernel),
  });
  const close = async (): Promise<void> => {
    retention.stop();
    await executor.close();
    kernel.processes.close();
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
  return async (name, input, { signal, ...doing }) => {
    const { registry, root } = set.lender;
    const { plugin, action } = findAction(name, registry);
    const context = new KernelContext(plugin, undefined, signal, set.lender, doing);
    return action.run(await readInput(name, action.input, input, root), context);
  };
}
