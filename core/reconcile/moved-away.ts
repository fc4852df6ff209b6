// What was made here and is now declared for another host: taken away here, because that host makes its own.
import type { Ref } from '../model/ref.ts';
import { removalOf, type Thing, type Wanted } from './desired.ts';
import { changesOf, leftHere } from './fate.ts';
import type { Look } from './look.ts';
import type { PassDeps } from './pass.ts';
import type { Ended } from './settle.ts';
import { takeAway } from './take-away.ts';

type Away = Look & { readonly is: 'elsewhere' };
export const elsewhereOf = ({ is: type, ...seen }: Away): Ended => ({ type, ...seen });

/** Ends as `elsewhere` once nothing is left here. */
export async function moveAway(wanted: Wanted, seen: Away, deps: PassDeps, stop: AbortSignal): Promise<Ended> {
  const things = leftHere(wanted, deps.heirOf);
  const { ref } = wanted.want;
  if (things.length > 0) {
    const held = await heldBecause(wanted, things, deps);
    if (held !== undefined) return { type: 'held', ...held };
    deps.phase(ref, 'removing');
    for (const thing of things) {
      const outcome = await takeAway(ref, thing, wanted, deps, stop);
      if (outcome.type !== 'done') return outcome;
    }
    forget(ref, deps);
    await deps.settled({ ref, action: 'remove', changes: changesOf(things) });
  }
  return elsewhereOf(seen);
}

type Held = Pick<Ended & { type: 'held' }, 'reason' | 'why' | 'retryMs'>;
const because = (reason: Held['reason'], why: string): Held => ({ reason, why, retryMs: undefined });

async function heldBecause(
  { want: { ref }, kind, heldBy }: Wanted,
  things: readonly Thing[],
  deps: PassDeps,
): Promise<Held | undefined> {
  if (heldBy !== undefined) return because('Override', `${heldBy.effect} by ${heldBy.actor}: ${heldBy.why}`);
  const health = deps.health();
  if (health === 'full') return because('StoreFull', 'the disk of the state folder is full, and nothing is taken away');
  if (health !== 'ok') return because('ObserveOnly', 'the state is damaged, and Realm only looks');
  if (removalOf(kind) === 'confirm' && !deps.isConfirmed(ref))
    return because('Removal', `taking the ${kind.name} of this host away wants a yes: run \`realm apply\``);
  const wait = await deps.review({ ref, action: 'remove', changes: changesOf(things) });
  if (wait === undefined) return undefined;
  return { reason: wait.approval === true ? 'ApprovalNeeded' : 'Review', why: wait.why, retryMs: wait.retryMs };
}

/** Nothing of it is here any more, whoever asks. */
function forget(ref: Ref, { rows, crash }: PassDeps): void {
  crash('moved:before');
  rows.put(ref, { lastSpec: null, lastHash: null, lastAppliedAt: null, intent: null, held: null }, [
    { type: 'resource.removed', ref, actor: 'kernel', data: { ref } },
  ]);
  crash('moved:after');
}
