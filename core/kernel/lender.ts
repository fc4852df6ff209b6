// What a kernel lends to the plugins of one plugin set.
import type { Lender } from './context.ts';
import type { Kernel } from './kernel.ts';
import type { Loaded } from './load.ts';
import { runViewOf } from './views.ts';

export function lenderOf(kernel: Kernel, loaded: Loaded): Lender {
  const { world, stateDir } = kernel.options;
  return {
    world,
    registry: loaded.registry,
    root: loaded.root,
    stateDir,
    rows: (plugin) => kernel.store.rows.of(plugin),
    emit: (event) => void kernel.store.journal.append(event as never),
    wake: (ref) => kernel.wake(ref),
    resources: (kind) => kernel.scene.resources(kind),
    start: (request, actor) => kernel.runs.start({ ...request, actor }),
    runs: (prefix, limit) => kernel.store.runs.list({ keyPrefix: prefix, limit }).map(runViewOf),
    reveal: (name) => kernel.scene.loaded.secrets.reveal(name), // an edit of `secrets:` alone keeps the plugin set
  };
}
