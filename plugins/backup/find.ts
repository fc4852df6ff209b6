// Finds the snapshot that a person means, by its id, by a time, or simply the newest good one, in the targets of a policy.
import { type Context, RealmError } from 'realm-runner/plugin';
import { canBeRead, type Engine } from './engine.ts';
import { isGood } from './facts.ts';
import { rememberedOf } from './observe.ts';
import { toldOthers } from './owner.ts';
import type { Backup } from './policies.ts';
import type { Snapshot } from './snapshot.ts';
import { enginesOf } from './targets.ts';
import { messageOf } from './words.ts';

export interface Kept {
  readonly engine: Engine;
  readonly snapshot: Snapshot;
}

/** Of all targets that can be read, oldest first; `unread`: the others, and why. */
export interface AllKept {
  readonly kept: readonly Kept[];
  readonly unread: readonly { readonly target: string; readonly why: string }[];
  /** Of other realms and hosts that keep theirs in the same place under the same name. */
  readonly others: readonly Kept[];
}

/** `isLooking`: for verbs that change nothing. A repository that does not answer them is told as its last run left it. */
export async function allKept(want: Backup, ctx: Context, isLooking: boolean): Promise<AllKept> {
  const kept: Kept[] = [];
  const others: Kept[] = [];
  const unread: { target: string; why: string }[] = [];
  const away = (engine: Engine, why: string): void => {
    const remembered = isLooking && engine.kind === 'restic' ? rememberedOf(engine, want.name, ctx).snapshots : [];
    kept.push(...remembered.map((snapshot) => ({ engine, snapshot })));
    const then = remembered.length === 0 ? '' : '; what is listed is what its last run left';
    unread.push({ target: engine.name, why: `${why}${then}` });
  };
  for (const engine of await enginesOf(want, ctx, isLooking)) {
    try {
      const { is, why } = await engine.look();
      if (is === 'missing' || is === 'foreign') away(engine, why);
      if (!canBeRead(is)) continue;
      const { snapshots, unreadable, others: foreign = [] } = await engine.list(want.name);
      kept.push(...snapshots.map((snapshot) => ({ engine, snapshot })));
      others.push(...foreign.map((snapshot) => ({ engine, snapshot })));
      unread.push(...unreadable.map(({ path, why: reason }) => ({ target: path, why: reason })));
    } catch (error) {
      away(engine, messageOf(error));
    }
  }
  const byTime = (all: readonly Kept[]): readonly Kept[] =>
    all.toSorted((one, other) => one.snapshot.startedAt - other.snapshot.startedAt);
  return { kept: byTime(kept), unread, others: byTime(others) };
}

const isMeant = ({ id, label, uid }: Snapshot, typed: string): boolean => [id, label, uid].includes(typed);

const newestGood = (kept: readonly Kept[]): Kept | undefined =>
  kept.findLast(({ snapshot }) => isGood(snapshot) && snapshot.trigger !== 'safety');

/** Good or not: what a look has to be at. */
export const newestMade = (kept: readonly Kept[]): Kept | undefined =>
  kept.findLast(({ snapshot }) => snapshot.trigger !== 'safety');

/** All copies of the one that is meant, in the order of the targets. Throws BACKUP_UNKNOWN. */
export async function find(
  want: Backup,
  typed: string | undefined,
  ctx: Context,
  isLooking = false,
  newestOf: (kept: readonly Kept[]) => Kept | undefined = newestGood,
): Promise<readonly Kept[]> {
  const { kept, unread, others } = await allKept(want, ctx, isLooking);
  const newest = newestOf(kept) ?? kept.at(-1);
  const found =
    typed === undefined
      ? newest && kept.filter((one) => one.snapshot.id === newest.snapshot.id)
      : [kept, others].map((all) => all.filter((one) => isMeant(one.snapshot, typed))).find((all) => all.length > 0);
  if (found !== undefined && found.length > 0) return found;
  const what =
    typed === undefined ? `there is no snapshot of ${want.name}` : `there is no snapshot ${typed} of ${want.name}`;
  const away = unread.map(({ target, why }) => `; ${target} cannot be read: ${why}`).join('');
  const foreign = toldOthers(others.map(({ snapshot }) => snapshot));
  const beside = foreign === '' ? '' : `; there are ${foreign}`;
  throw new RealmError('BACKUP_UNKNOWN', `${what}${away}${beside}`, {
    hint: kept.length === 0 ? `realm backup run ${want.name}` : `realm backup list ${want.name}`,
  });
}
