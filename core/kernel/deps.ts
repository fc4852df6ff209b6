// What passes and removals are given: the kernel's parts, and its questions to config, people and plugins.
import type { RunRequest } from '../contract/context.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import type { Ref } from '../model/ref.ts';
import { brakeOf, fateOf, type RemovalDeps } from '../reconcile/remove.ts';
import { guarded, needApproval, useUp } from './approvals.ts';
import type { Kernel } from './kernel.ts';

/** What a person allowed for the time of one request. */
export interface Allowed {
  readonly confirmed: boolean;
  readonly allowDeletions: boolean;
}

export function passDeps(kernel: Kernel, isUnsettled: () => boolean, allowed: () => Allowed): RemovalDeps {
  const { clock, random, crash } = kernel.options.world;
  return {
    clock,
    random,
    crash,
    store: kernel.store,
    declaration: () => kernel.scene.loaded.declaration,
    find: (ref) => kernel.scene.find(ref),
    waitsFor: (ref) => kernel.scene.waitsFor(ref),
    kindOf: (kind) => kernel.scene.kindOf(kind),
    context: (plugin, ref, signal) => kernel.set.context(plugin, ref, signal),
    review: (step) => review(kernel, step),
    settled: async (step) => {
      useUp(step, kernel.scene);
      await kernel.set.hooks.settled(step);
    },
    trouble: (plugin, where, message) => kernel.troubles.set(plugin, where, message),
    undeclared: () => kernel.scene.undeclared(),
    unsettled: isUnsettled,
    brake: () => brake(kernel, allowed()),
    confirmed: () => allowed().confirmed,
    ...(kernel.options.purpose === 'daemon' ? { occur: (ref, due) => occur(kernel, ref, due) } : {}),
  };
}

/** Guards of the config first, then plugins; a wait for a person becomes an approval. */
export async function review({ scene, set }: Kernel, step: Step): Promise<Wait | undefined> {
  const guard = guarded(step, scene);
  if (guard !== undefined) {
    const wait = needApproval(step, guard, scene);
    if (wait !== undefined) return wait;
  }
  const wait = await set.review(step);
  return wait?.approval === true ? needApproval(step, wait.why, scene) : wait;
}

async function occur({ store, runs }: Kernel, ref: Ref, due: readonly RunRequest[]): Promise<void> {
  if (store.health !== 'ok') return; // no new runs while state cannot be kept; the slots stay due
  for (const request of due) await runs.start({ trigger: 'schedule', ...request, forRef: ref, actor: 'kernel' });
}

function brake({ scene, store }: Kernel, { allowDeletions }: Allowed): string | undefined {
  if (store.observeOnly) return 'the state is damaged, and nothing is removed until `realm state recover`';
  if (allowDeletions) return undefined;
  const parts = { kindOf: scene.kindOf, declaration: () => scene.loaded.declaration };
  const removals = scene.undeclared().filter((row) => fateOf(row, parts).type === 'remove').length;
  return brakeOf(removals, scene.loaded.declaration.resources.size, store.resources.all().length);
}
