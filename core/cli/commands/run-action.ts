// realm run-action DIR: carries out the long action whose request lies in that folder. Started by the daemon, never by a person.
import { resolve } from 'node:path';
import type { Loaded } from '../../kernel/load.ts';
import { runProcessInvoker } from '../../kernel/run-process.ts';
import { systemWorld, type World } from '../../kernel/world.ts';
import type { Invoke } from '../../runs/inline-executor.ts';
import { runAction } from '../../runs/run-action.ts';
import { placeOf } from '../place.ts';
import { runLog } from '../render/run-log.ts';
import type { Call } from '../shell.ts';

/** Answers 0, 1 when the action failed (the reason is in result.json), 143 when it was asked to stop. */
export async function run({ args, globals, cwd, shell, out }: Call): Promise<number> {
  const { clock, env, mask } = shell;
  // Everything that can go wrong does so inside the action, so that it ends up as the reason of the run.
  const invoke: Invoke = async (...action) => {
    const { file, stateDir } = await placeOf(cwd, globals);
    const world = ({ declaration }: Loaded): World => ({
      ...systemWorld,
      clock,
      env,
      log: runLog({ out, clock, levels: declaration.realm.log, mask: mask.text }),
    });
    return runProcessInvoker({ file, stateDir, env, mask, profile: globals.profile, world })(...action);
  };
  const ended = runAction({ dir: resolve(cwd, args[0]!), invoke, clock, mask });
  shell.takeSignals();
  return ended;
}
