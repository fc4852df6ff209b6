// What a kernel lends to the plugins of one plugin set.
import type { Lender } from './context.ts';
import type { Kernel } from './kernel.ts';
import type { Loaded } from './load.ts';
import { questionsOf } from './questions.ts';
import { runViewOf } from './views.ts';

export function lenderOf(kernel: Kernel, loaded: Loaded): Lender {
  const { world, stateDir } = kernel.options;
  return {
    world,
    registry: loaded.registry,
    root: loaded.root,
    stateDir,
    realm: () => kernel.scene.loaded.declaration.realm, // an edit of `realm:` alone keeps the plugin set
    rows: (plugin) => kernel.store.rows.of(plugin),
    questions: (plugin) => questionsOf(plugin, kernel.scene),
    emit: (event) => void kernel.store.journal.append(event as never),
    wake: (ref) => kernel.wake(ref),
    processes: (plugin, signal) => kernel.processes.for(plugin, signal),
    resources: (kind) => kernel.scene.resources(kind),
    conditions: (ref) => kernel.scene.conditions(ref),
    start: (request, actor) => kernel.runs.start({ ...request, actor }),
    runs: (prefix, limit) => kernel.store.runs.list({ keyPrefix: prefix, limit }).map(runViewOf),
    reveal: (name) => kernel.scene.loaded.secrets.reveal(name), // an edit of `secrets:` alone keeps the plugin set
  };
}
