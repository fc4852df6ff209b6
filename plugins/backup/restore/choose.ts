// Which snapshot to restore from: the one asked for, or the newest that is whole, among all targets that can be read.
import { RealmError } from 'realm-runner/plugin';
import type { Engine } from '../engine.ts';
import { isFuture } from '../future.ts';
import { toldOthers } from '../owner.ts';
import type { Snapshot } from '../snapshot.ts';
import { keyOf, type ListDamaged } from './list-damaged.ts';

export interface Candidate {
  readonly engine: Engine;
  readonly snapshot: Snapshot;
}

/** One layer, as asked for. */
export interface LayerWish {
  readonly policy: string;
  /** Its targets, the preferred one first. */
  readonly engines: readonly Engine[];
  readonly id?: string | undefined;
  /** ms: the newest that was begun no later. */
  readonly at?: number | undefined;
  /** ms: what is dated later was made by a clock that was wrong, and is not the newest. */
  readonly now?: number | undefined;
}

export interface Choice extends Candidate {
  /** All others of this policy, newest first: what is damaged in the chosen one may be whole there. */
  readonly others: readonly Candidate[];
  readonly remarks: readonly string[];
}

/** Newest first; of two of one moment the one in the preferred target. */
const newestFirst = (all: readonly Candidate[]): Candidate[] =>
  all.toSorted((one, other) => other.snapshot.startedAt - one.snapshot.startedAt);

interface All {
  readonly own: Candidate[];
  /** Of other realms and hosts. */
  readonly others: Candidate[];
}

async function listed(wish: LayerWish, remarks: string[]): Promise<All> {
  const own: Candidate[] = [];
  const foreign: Candidate[] = [];
  const failures: unknown[] = [];
  for (const engine of wish.engines) {
    try {
      const { snapshots, others = [] } = await engine.list(wish.policy);
      own.push(...snapshots.map((snapshot) => ({ engine, snapshot })));
      foreign.push(...others.map((snapshot) => ({ engine, snapshot })));
    } catch (error) {
      failures.push(error);
      remarks.push(`${engine.name} is left out: ${(error as Error).message}`);
    }
  }
  if (failures.length === wish.engines.length && failures.length > 0) throw failures[0];
  return { own: newestFirst(own), others: newestFirst(foreign) };
}

const isNamed = ({ id, label, uid }: Snapshot, wish: string): boolean =>
  id === wish || label === wish || uid === wish || id.endsWith(`/${wish}`);

/** `unreadable`: found out before; neither they nor anything of theirs is used. */
export async function choose(wish: LayerWish, unreadable: readonly ListDamaged[] = []): Promise<Choice> {
  const remarks: string[] = [];
  const all = await listed(wish, remarks);
  const isReadable = (one: Candidate): boolean => !unreadable.some(({ candidate }) => keyOf(candidate) === keyOf(one));
  const [own, others] = [all.own.filter(isReadable), all.others.filter(isReadable)];
  const bad = unreadable.filter(({ candidate }) =>
    [...all.own, ...all.others].some((one) => keyOf(one) === keyOf(candidate)),
  );
  remarks.push(...bad.map(({ message }) => `${message}: it is left out`));
  const pick = wish.id === undefined ? newest(own, wish, remarks) : (byId(own, wish.id) ?? byId(others, wish.id));
  if (pick === undefined) throw bad[0] ?? nothingFor(wish, { own, others });
  const { snapshot } = pick;
  const isForeign = others.includes(pick);
  if (isForeign) remarks.push(`${snapshot.id} is not of this realm and host: ${toldOthers([snapshot])}`);
  const beside = isForeign ? others.filter((one) => isSameOwner(one.snapshot, snapshot)) : own;
  if (snapshot.status === 'partial') remarks.push(`${snapshot.id} is partial: not everything could be saved in it`);
  return { ...pick, others: beside.filter((one) => one.snapshot !== snapshot), remarks };
}

const isSameOwner = (one: Snapshot, other: Snapshot): boolean => one.realm === other.realm && one.host === other.host;

function byId(all: readonly Candidate[], id: string): Candidate | undefined {
  const named = all.filter(({ snapshot }) => isNamed(snapshot, id));
  return named.find(({ snapshot }) => snapshot.damaged.length === 0) ?? named[0];
}

function newest(
  all: readonly Candidate[],
  { at = Infinity, now = Infinity }: LayerWish,
  remarks: string[],
): Candidate | undefined {
  // What a restore saved before it replaced it is the very state one wants to leave; and what is partial is not good.
  const complete = all.filter(
    ({ snapshot }) => snapshot.trigger !== 'safety' && snapshot.status === 'complete' && snapshot.startedAt <= at,
  );
  const ahead = complete.filter(({ snapshot }) => isFuture(snapshot.startedAt, now));
  const good = ahead.length === complete.length ? complete : complete.filter((one) => !ahead.includes(one));
  for (const { snapshot } of good === complete ? [] : ahead)
    remarks.push(`${snapshot.id} is dated in the future, so it is not taken for the newest; name it with --id`);
  const whole = good.find(({ snapshot }) => snapshot.damaged.length === 0) ?? good[0];
  for (const { snapshot } of good) {
    if (snapshot === whole?.snapshot || snapshot.startedAt === whole?.snapshot.startedAt) break;
    remarks.push(`${snapshot.id} is newer but damaged (${snapshot.damaged[0]}): ${whole?.snapshot.id} is used`);
  }
  return whole;
}

function nothingFor({ policy, id, at }: LayerWish, { own, others }: All): RealmError {
  if (id !== undefined)
    return new RealmError('BACKUP_UNKNOWN', `backup/${policy} has no snapshot ${JSON.stringify(id)}`);
  const until = at === undefined ? '' : ` from ${new Date(at).toISOString()} or before`;
  const rest = own.length === 0 ? '' : `; ${own.length} others can be named with --id`;
  const foreign = toldOthers(others.map(({ snapshot }) => snapshot));
  const beside = foreign === '' ? '' : `; there are ${foreign}, which can be named with --id`;
  return new RealmError('BACKUP_UNKNOWN', `backup/${policy} has no complete snapshot${until}${rest}${beside}`);
}
