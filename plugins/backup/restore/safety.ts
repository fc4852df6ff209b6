// What a restore or an undo is about to replace is saved first, as a snapshot of its own.
import { existsSync } from 'node:fs';
import { RealmError } from 'realm-runner/plugin';
import type { Engine, Tools } from '../engine.ts';
import { type ByteText, fromText } from '../byte-text.ts';
import type { Policy, Root } from '../policy.ts';
import { messageOf } from '../words.ts';
import { isAtOrBelow } from './place.ts';
import type { RestorePlan } from './plan.ts';

export interface Safety {
  /** Asked in this order. */
  readonly engines: readonly Engine[];
  readonly policy: Policy;
}

export interface Saved {
  /** The id of the snapshot; undefined: there was nothing to save, it is not wanted, or no target took it. */
  readonly id: string | undefined;
  /** Why no target took it: what was there is kept aside alone. */
  readonly unsaved: string | undefined;
}

const NOTHING: Saved = { id: undefined, unsaved: undefined };

/**
 * In the first target that takes it. That none does keeps nobody from what a restore is for: the old copy still lies aside.
 * Throws BACKUP_BUSY when somebody else works there, who will be done.
 */
export async function saveFirst(roots: readonly Root[], safety: Safety | undefined, tools: Tools): Promise<Saved> {
  if (safety === undefined || roots.length === 0) return NOTHING;
  tools.progress({ phase: 'safety' });
  const whys: string[] = [];
  let busy: RealmError | undefined;
  for (const engine of safety.engines) {
    try {
      return { id: await saveIn(engine, safety.policy, roots, tools), unsaved: undefined };
    } catch (error) {
      tools.signal.throwIfAborted();
      if (error instanceof RealmError && error.code === 'BACKUP_BUSY') busy ??= error;
      whys.push(messageOf(error));
    }
  }
  if (busy !== undefined) throw busy;
  const unsaved = `what was there is moved aside and in no snapshot: ${whys.join('; ')}`;
  tools.say(unsaved);
  return { id: undefined, unsaved };
}

/** What a restore is about to replace, of what its snapshots were made of. */
export function replacedBy({ destination, units, layers, wish }: RestorePlan): readonly Root[] {
  if (!destination.isInPlace || !units.some((unit) => unit.hasOld)) return [];
  const known = wish.declared ?? layers.flatMap(({ snapshot }) => snapshot.roots ?? wish.roots ?? []);
  return touched(units, known);
}

/** Those with something in them that is swapped, as far as they are there. */
export const touched = (units: readonly { readonly path: ByteText }[], roots: readonly Root[]): readonly Root[] =>
  roots.filter((root, index) => {
    const isFirst = roots.findIndex((one) => JSON.stringify(one) === JSON.stringify(root)) === index;
    const as = fromText(root.as);
    const isTouched = units.some(({ path }) => isAtOrBelow(path, as) || isAtOrBelow(as, path));
    return isFirst && isTouched && existsSync(root.from);
  });

async function saveIn(engine: Engine, policy: Policy, roots: readonly Root[], tools: Tools): Promise<string> {
  const { snapshot, troubles } = await engine.write(
    {
      policy: { ...policy, roots, label: 'second', before: [], after: [] },
      trigger: 'safety',
      slot: null,
      tags: ['pre-restore'],
      dumps: undefined,
    },
    tools,
  );
  for (const { path, why } of troubles.slice(0, 20)) tools.say(`not in the safety snapshot: ${path}: ${why}`);
  return snapshot.id;
}
