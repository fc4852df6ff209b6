// Whose snapshots these are: realms and hosts may share one place, with policies of the same name in it.
import type { Context } from 'realm-runner/plugin';
import type { Snapshot } from './snapshot.ts';

export interface Owner {
  readonly realm: string;
  /** As the snapshots of this machine may call it: its id among the hosts of the config, its own names. Not empty. */
  readonly hosts: readonly string[];
}

export async function ownerOf(ctx: Context): Promise<Owner> {
  const self = await ctx.find('hosts')?.self(ctx);
  const { names } = ctx.machine();
  const hosts = [...(typeof self?.id === 'string' ? [self.id] : []), ...names];
  return { realm: ctx.realm.name, hosts: hosts.length === 0 ? ['unknown'] : hosts };
}

/** What does not say of which realm it is counts as one of this. */
const isOwn = ({ realm, host }: Pick<Snapshot, 'realm' | 'host'>, owner: Owner | undefined): boolean =>
  owner === undefined || ((realm ?? owner.realm) === owner.realm && owner.hosts.includes(host));

/** `others`: made by another realm, or on another host. They can be named, and never count. */
export function parted<T extends Pick<Snapshot, 'realm' | 'host'>>(
  all: readonly T[],
  owner: Owner | undefined,
): { readonly own: readonly T[]; readonly others: readonly T[] } {
  return { own: all.filter((one) => isOwn(one, owner)), others: all.filter((one) => !isOwn(one, owner)) };
}

/** `24 of realm lab on ada`; empty without any. */
export function toldOthers(others: readonly Pick<Snapshot, 'realm' | 'host'>[]): string {
  const counts = new Map<string, number>();
  for (const { realm, host } of others) {
    const whose = `${realm === undefined ? '' : `of realm ${realm} `}on ${host}`;
    counts.set(whose, (counts.get(whose) ?? 0) + 1);
  }
  return [...counts].map(([whose, count]) => `${count} ${whose}`).join(', ');
}
