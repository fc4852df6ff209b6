// What a process that only looks lends to plugins: nothing that acts works there.
import { RealmError } from '../errors.ts';
import type { Lender } from './context.ts';
import { lookedAtProcesses } from './looked-at-processes.ts';
import { questionsOf } from './questions.ts';
import { runViewOf } from './views.ts';
import type { Scene } from './scene.ts';

export function lookingLender(scene: Scene, stateDir: string): Lender {
  const { loaded, store, world } = scene;
  const refuse = (what: string): never => {
    throw new RealmError('LOOK_ONLY', `a plugin tried to ${what} in a process that only looks`, {
      hint: 'looking verbs change nothing; use an action that writes',
    });
  };
  return {
    world,
    registry: loaded.registry,
    root: loaded.root,
    stateDir,
    realm: () => loaded.declaration.realm,
    rows: (plugin) => ({
      ...store.rows.of(plugin),
      set: () => refuse('store a row'),
      delete: () => refuse('delete a row'),
    }),
    questions: (plugin) => ({
      ...questionsOf(plugin, scene),
      ask: () => refuse('ask people a question'),
      close: () => refuse('take a question back'),
    }),
    emit: () => refuse('emit an event'),
    wake: () => {}, // losing a wake never matters
    processes: () => lookedAtProcesses(world, refuse),
    resources: (kind) => scene.resources(kind),
    conditions: (ref) => scene.conditions(ref),
    start: () => refuse('start a run'),
    runs: (prefix, limit) => store.runs.list({ keyPrefix: prefix, limit }).map(runViewOf),
    reveal: (name) => loaded.secrets.reveal(name),
  };
}
