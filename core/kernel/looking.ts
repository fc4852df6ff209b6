// What a process that only looks lends to plugins: nothing that acts works there.
import { RealmError } from '../errors.ts';
import type { Lender } from './context.ts';
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
    rows: (plugin) => ({
      ...store.rows.of(plugin),
      set: () => refuse('store a row'),
      delete: () => refuse('delete a row'),
    }),
    emit: () => refuse('emit an event'),
    wake: () => {}, // losing a wake never matters
    resources: (kind) => scene.resources(kind),
    start: () => refuse('start a run'),
    runs: (prefix, limit) => store.runs.list({ keyPrefix: prefix, limit }).map(runViewOf),
    reveal: (name) => loaded.secrets.reveal(name),
  };
}
