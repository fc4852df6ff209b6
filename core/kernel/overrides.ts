// An operator's stored words: set, cleared, ended by their time.
import type { Door } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import type { OverrideRow } from '../store/overrides.ts';
import type { Scene } from './scene.ts';

/** Throws REF_UNKNOWN, or OVERRIDE_UNFIT when `stop` makes no sense for the kind. */
export function setOverride(
  { ref, effect, why, until, actor }: Parameters<Door['setOverride']>[0],
  scene: Scene,
  wake: (ref: Ref) => void,
): OverrideRow {
  const wanted = scene.find(ref);
  if (wanted === undefined)
    throw new RealmError('REF_UNKNOWN', `${ref} is not declared`, { hint: '`realm status` lists what is' });
  if (effect === 'stop' && !(wanted.kind.overrides ?? []).includes('stop')) {
    throw new RealmError('OVERRIDE_UNFIT', `a ${wanted.kind.name} cannot be stopped`, {
      hint: `\`realm hold ${ref} --why TEXT\` keeps Realm from changing it`,
    });
  }
  const end = until === undefined ? null : Date.parse(until);
  if (end !== null && !Number.isFinite(end))
    throw new RealmError('USAGE', `${until} is not a time`, { hint: 'write it as 2026-01-31T12:00:00Z' });
  const row = { ref, effect, why, actor, since: scene.world.clock.now(), until: end };
  scene.world.crash('override:before');
  scene.store.transaction(
    () => {
      scene.store.overrides.put(row);
      scene.store.journal.append({
        type: 'override.set',
        ref,
        actor,
        data: { ref, effect, why, until: until ?? null },
      });
    },
    { durable: true },
  );
  scene.world.crash('override:after');
  wake(ref);
  return row;
}

export function clearOverride(
  { ref, effect, why, actor }: Parameters<Door['clearOverride']>[0],
  scene: Scene,
  wake: (ref: Ref) => void,
): void {
  clear(scene, { ref, effect, why, actor });
  wake(ref);
}

/** Takes away, and tells, the words about a ref whose time is over. Answers all; what is over counts no more, also on a full disk. */
export function clearEnded(ref: Ref, scene: Scene): OverrideRow[] {
  const words = scene.store.overrides.all(ref);
  if (scene.store.health === 'full') return words;
  const now = scene.world.clock.now();
  for (const { effect, until } of words)
    if (until !== null && until <= now) clear(scene, { ref, effect, why: 'its time is over', actor: 'kernel' });
  return words;
}

function clear(
  { store, world }: Scene,
  { ref, effect, why, actor }: { ref: Ref; effect: OverrideRow['effect']; why: string; actor: string },
): void {
  world.crash('override.clear:before');
  store.transaction(
    () => {
      if (!store.overrides.delete(ref, effect)) return;
      store.journal.append({ type: 'override.cleared', ref, actor, data: { ref, effect, why } });
    },
    { durable: true },
  );
  world.crash('override.clear:after');
}
