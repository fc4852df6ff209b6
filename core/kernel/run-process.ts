// What the process of a long run lends to its action: it reads the state beside the process that writes it.
import { dirname } from 'node:path';
import { nextTurn } from '../clock.ts';
import { acceptedFiles } from '../config/accepted.ts';
import { RealmError } from '../errors.ts';
import type { Invoke } from '../runs/inline-executor.ts';
import { openStore } from '../store/store.ts';
import type { Lender } from './context.ts';
import { lookedAtProcesses } from './looked-at-processes.ts';
import { invokerOf } from './kernel-runs.ts';
import { questionsOf } from './questions.ts';
import { runViewOf } from './views.ts';
import { type Loaded, type LoadOptions, loadRealm, sayInvalid } from './load.ts';
import { noHooks, PluginSet } from './plugin-set.ts';
import { Scene } from './scene.ts';
import { Troubles } from './troubles.ts';
import type { World } from './world.ts';

export interface RunProcessOptions extends LoadOptions {
  /** Of the loaded realm, because its log levels and secrets are known only then. */
  readonly world: (loaded: Loaded) => World;
}

/**
 * Loads the realm when the action is called, as it was when the run began: what was typed since may be invalid, and is not
 * in force yet. What the load finds wrong all the same, a plugin's code perhaps, is the reason of the run.
 */
export function runProcessInvoker(options: RunProcessOptions): Invoke {
  return async (action, input, doing) => {
    const loaded = await load(options);
    const nobody = (): void => {}; // hooks and listeners are the daemon's; nothing here asks them
    const set = new PluginSet(lender(loaded, options), new Troubles(nobody, nobody), noHooks);
    await nextTurn(); // a signal that came while all of this was loaded is heard only now
    doing.signal.throwIfAborted();
    return invokerOf(set)(action, input, doing);
  };
}

/** The reason of a run is one line, so the findings stand in the sentence. */
async function load(options: RunProcessOptions): Promise<Loaded> {
  try {
    return await loadRealm({ from: acceptedFiles(options.stateDir), ...options });
  } catch (cause) {
    if (!(cause instanceof RealmError) || cause.diagnostics.length === 0) throw cause;
    throw new RealmError(cause.code, sayInvalid(cause, dirname(options.file)), { cause, at: cause.at });
  }
}

function lender(loaded: Loaded, { stateDir, world: worldOf }: RunProcessOptions): Lender {
  const world = worldOf(loaded);
  const refuse = (what: string): never => {
    throw new RealmError('RUN_CANNOT_WRITE', `a long action tried to ${what} from its own process`, {
      hint: 'return it as the output of the action, and act on it when the run has ended',
    });
  };
  // Opened for each question: a run lasts for hours, and the state moves on under it.
  const reading = <T>(read: (scene: Scene) => T): T => {
    const store = openStore({ dir: stateDir, clock: world.clock, random: world.random, mode: 'read' });
    try {
      return read(new Scene(loaded, store, world));
    } finally {
      store.close();
    }
  };
  return {
    world,
    registry: loaded.registry,
    root: loaded.root,
    stateDir,
    realm: () => loaded.declaration.realm,
    rows: (plugin) => ({
      get: (key) => reading(({ store }) => store.rows.of(plugin).get(key)),
      list: (prefix) => reading(({ store }) => store.rows.of(plugin).list(prefix)),
      set: () => refuse('store a row'),
      delete: () => refuse('delete a row'),
    }),
    questions: (plugin) => ({
      list: (prefix) => reading((scene) => questionsOf(plugin, scene).list(prefix)),
      ask: () => refuse('ask people a question'),
      close: () => refuse('take a question back'),
    }),
    emit: ({ type }) => refuse(`state the event ${type}`),
    wake: () => {}, // the resource of the run is looked at when it ends
    processes: () => lookedAtProcesses(world, refuse),
    resources: (kind) => reading((scene) => scene.resources(kind)),
    conditions: (ref) => reading((scene) => scene.conditions(ref)),
    start: ({ action }) => refuse(`start a run of ${action}`),
    runs: (prefix, limit) => reading(({ store }) => store.runs.list({ keyPrefix: prefix, limit }).map(runViewOf)),
    reveal: (name) => loaded.secrets.reveal(name),
  };
}
