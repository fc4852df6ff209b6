// The kernel as a daemon runs it: opened under a lease that somebody else holds, watched paths told, logs configured.
import { ParsedFiles } from '../config/parsed-files.ts';
import type { KernelLike, Watched } from '../daemon/daemon.ts';
import type { Logs } from '../daemon/log.ts';
import { Kernel } from '../kernel/kernel.ts';
import type { LoadOptions } from '../kernel/load.ts';
import { localDoor } from '../kernel/masked-door.ts';
import { systemWorld, type World } from '../kernel/world.ts';
import type { Clock } from '../clock.ts';
import { modulesOf } from '../registry/import-hooks.ts';
import type { Ref } from '../model/ref.ts';
import type { HolderView } from './door.ts';
import { statusFile } from './projections.ts';

export interface DaemonKernelOptions extends LoadOptions {
  readonly clock: Clock;
  readonly logs: Logs;
}

export async function openDaemonKernel(options: DaemonKernelOptions, holder: HolderView): Promise<KernelLike> {
  const { clock, env, logs } = options;
  const world: World = { ...systemWorld, clock, env, log: (plugin, ref) => logs.log(plugin, ref) };
  const parsed = new ParsedFiles();
  const kernel = await Kernel.open({ ...options, parsed, world, purpose: 'daemon' });
  const configure = (): void => {
    const { declaration, secrets } = kernel.scene.loaded;
    logs.configure(declaration.realm.log, secrets.mask.text);
  };
  configure();
  const door = localDoor({
    scene: () => kernel.scene,
    set: () => kernel.set,
    kernel,
    holder,
    close: async () => {}, // the daemon closes its kernel itself
  });
  const { root } = kernel.scene.loaded;
  const projected = statusFile({ root, clock, log: logs.log('kernel'), status: () => door.status() });
  kernel.store.journal.listen(() => projected.touch());
  return {
    door,
    source: () => kernel.scene.sourceView(),
    watched: () => watchedBy(kernel),
    start: () => kernel.start(),
    edited(paths) {
      for (const path of paths) parsed.ahead(path);
    },
    onReadAgain: (reload) => void (kernel.readAgain = reload),
    async reload() {
      const answer = await kernel.reload();
      if (answer.ok) configure();
      return answer;
    },
    touched(paths) {
      const changed = new Set(paths);
      for (const [path, refs] of watchedPaths(kernel))
        if (changed.has(path)) for (const ref of refs) kernel.loop.wake(ref, 0, 'drift');
    },
    async stop(budgetMs, reason, everything) {
      await projected.close(); // while there is still something to say
      await kernel.stop(budgetMs, reason, everything);
    },
  };
}

function watchedBy(kernel: Kernel): Watched {
  const { loaded } = kernel.scene;
  return {
    files: [...new Set([...loaded.source.files, ...(kernel.newest?.files ?? [])])],
    folders: [...new Set([...loaded.source.folders, ...(kernel.newest?.folders ?? [])])],
    plugins: loaded.registry.plugins.filter(({ from }) => from === 'file').flatMap(({ folder }) => modulesOf(folder)),
    kinds: [...watchedPaths(kernel).keys()],
  };
}

/** What kinds asked to watch, and for whom. */
function watchedPaths({ scene }: Kernel): Map<string, Ref[]> {
  const paths = new Map<string, Ref[]>();
  for (const { ref, kind, spec } of scene.loaded.declaration.resources.values()) {
    for (const path of scene.kindOf(kind)?.kind.watch?.(spec) ?? []) paths.set(path, [...(paths.get(path) ?? []), ref]);
  }
  return paths;
}
