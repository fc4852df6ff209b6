// What passes and removals are given: the kernel's parts, and its questions to config, people and plugins.
import type { RunRequest } from '../contract/context.ts';
import type { Step, Wait } from '../contract/hooks.ts';
import type { Ref } from '../model/ref.ts';
import type { Phase } from '../reconcile/pass.ts';
import type { RemovalDeps } from '../reconcile/remove.ts';
import { closeApprovals, needApproval, useUp } from './approvals.ts';
import { brake, countRemovals, rememberedBefore } from './brake.ts';
import { guarded } from './guard.ts';
import type { Kernel } from './kernel.ts';
import { clearEnded } from './overrides.ts';
import type { PluginSet } from './plugin-set.ts';
import type { Allowed } from './request.ts';
import type { Scene } from './scene.ts';
import { withSecrets } from './secret-changes.ts';

/** What the kernel alone knows: who waits for what, and what people allowed. */
export interface Asked {
  /** It has not had the look yet that an edit, a person or a start of Realm asks for. */
  isUnseen(ref: Ref): boolean;
  isUnsettled(): boolean;
  allows(ref: Ref, what: keyof Allowed): boolean;
  phase(ref: Ref, phase: Phase): void;
}

/** Bound to the scene and the plugin set of this moment: a pass ends in the set in which it began. */
export function passDeps(kernel: Kernel, asked: Asked): RemovalDeps {
  const { scene, set } = kernel;
  const { clock, random, crash } = kernel.options.world;
  return {
    clock,
    random,
    crash,
    rows: scene.rows,
    health: () => kernel.store.health,
    find: (ref) => {
      const wanted = scene.find(ref, clearEnded(ref, scene));
      return wanted && withSecrets(wanted, 'act', scene);
    },
    waitsFor: (ref) => scene.waitsFor(ref, asked.isUnseen),
    heirOf: scene.heirOf,
    kindOf: scene.kindOf,
    context: (plugin, ref, signal) => set.context(plugin, ref, signal),
    review: (step) => review({ scene, set }, step),
    settled: (step) => set.hooks.settled(step),
    closeApprovals: (ref) => closeApprovals(ref, scene),
    trouble: (plugin, where, message) => kernel.troubles.set(plugin, where, message),
    isConfirmed: (ref) => asked.allows(ref, 'confirmed'),
    ...(kernel.options.purpose === 'daemon' ? { occur: (ref, due) => occur(kernel, { scene, set }, ref, due) } : {}),
    removedBefore: (ref) => kernel.scene.gone.before(ref),
    forgotten: (ref) => {
      kernel.troubles.forget(ref);
      const freed = kernel.scene.forgotten(ref);
      countRemovals(kernel.scene, rememberedBefore(kernel.store));
      return freed;
    },
    phase: (ref, phase) => asked.phase(ref, phase),
    isUnsettled: () => asked.isUnsettled(),
    isDeclared: (ref) => kernel.scene.loaded.declaration.resources.has(ref),
    brake: (ref) => brake(scene, asked.allows(ref, 'allowDeletions')),
  };
}

interface Bound {
  readonly scene: Scene;
  readonly set: PluginSet;
}

/** Guards of the config first, then plugins; a wait for a person becomes an approval. */
export async function review({ scene, set }: Bound, step: Step): Promise<Wait | undefined> {
  const guard = guarded(step, scene);
  if (guard !== undefined) {
    const wait = needApproval(step, guard, scene);
    if (wait !== undefined) return wait;
  }
  const said = await set.review(step);
  const wait = said?.approval === true ? needApproval(step, said.why, scene) : said;
  if (wait === undefined && step.action === 'invoke') useUp(step, scene);
  return wait;
}

/** Each is reviewed as the action it is. No new runs while state cannot be kept: the slots stay due. */
async function occur(
  { store, runs }: Kernel,
  bound: Bound,
  ref: Ref,
  due: readonly RunRequest[],
): Promise<Wait | undefined> {
  if (store.health !== 'ok') return { why: `no run is started while the state cannot be kept (${store.health})` };
  for (const request of due) {
    const { action, input } = request;
    const isKnown = store.runs.byKey(request.key) !== undefined;
    if (!isKnown && bound.scene.loaded.registry.actions.get(action)?.action.effect !== 'read') {
      const wait = await review(bound, { ref, action: 'invoke', invoke: { name: action, input }, changes: [] });
      if (wait !== undefined) return wait;
    }
    await runs.start({ trigger: 'schedule', ...request, forRef: ref, actor: 'kernel' });
  }
  return undefined;
}
