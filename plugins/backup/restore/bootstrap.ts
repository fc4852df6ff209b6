// From nothing but a target: what snapshots it holds, and a realm restored from them, its config included.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import { canBeRead, type Engine, type Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import { planRestore, type RestorePlan } from './plan.ts';
import { recoverSwaps } from './recover.ts';
import { type Restored, restore } from './restore.ts';

export interface BareTarget {
  readonly engine: Engine;
  /** What to do when it cannot be read. */
  readonly hint?: string | undefined;
}

export interface PolicyThere {
  readonly policy: string;
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[];
}

/** Policies with at least one snapshot. Throws BACKUP_TARGET_UNREADABLE when it is no target. */
export async function policiesIn({ engine, hint }: BareTarget): Promise<readonly PolicyThere[]> {
  const { is, why } = await engine.look();
  if (!canBeRead(is))
    throw new RealmError('BACKUP_TARGET_UNREADABLE', `${engine.name} is no target of backups: ${why}`, {
      hint: hint ?? 'name the folder in which realm-target.json lies',
    });
  const found: PolicyThere[] = [];
  for (const policy of [...(await engine.policies())].sort()) {
    const { snapshots } = await engine.list(policy);
    if (snapshots.length > 0) found.push({ policy, snapshots });
  }
  return found;
}

export interface BootstrapWish extends BareTarget {
  /** Its folder, absolute; undefined: it is in none of this machine. */
  readonly path: string | undefined;
  /** The folder of the config to be; absolute. */
  readonly to: string;
  /** ms: as it was then. */
  readonly at?: number | undefined;
  /** Default: all that have a complete snapshot. */
  readonly policies?: readonly string[] | undefined;
}

/** The newest of each policy, the newer over the older. */
export async function planBootstrap(wish: BootstrapWish): Promise<RestorePlan> {
  const { path, engine, to, at, policies } = wish;
  const there = await policiesIn(wish);
  const isGood = ({ status, trigger, startedAt }: Snapshot): boolean =>
    status === 'complete' && trigger !== 'safety' && (at === undefined || startedAt <= at);
  const usable = there.filter(
    ({ policy, snapshots }) => (policies?.includes(policy) ?? true) && snapshots.some(isGood),
  );
  if (usable.length === 0)
    throw new RealmError('BACKUP_UNKNOWN', `${engine.name} holds no complete snapshot to begin from`);
  const layers = usable.map(({ policy }) => ({ policy, engines: [engine], at }));
  return planRestore({ layers, to, configFolder: to, never: path === undefined ? [] : [path] });
}

export interface Bootstrapped extends Restored {
  /** A config is there now, and Realm can be started in that folder. */
  readonly hasConfig: boolean;
  /** Files that lay outside the config's folder are below this now; undefined: there were none. */
  readonly outside: string | undefined;
}

const CONFIGS = ['realm.config.yaml', 'realm.config.yml', 'realm.config.json'];

export async function bootstrap(plan: RestorePlan, tools: Tools): Promise<Bootstrapped> {
  const to = plan.wish.to!;
  const stateDir = `${to}.bootstrap`;
  recoverSwaps(stateDir, tools);
  const restored = await restore(plan, { stateDir }, tools);
  if (restored.undoUntil === undefined) rmSync(stateDir, { recursive: true, force: true });
  const outside = join(to, '@root');
  return {
    ...restored,
    hasConfig: CONFIGS.some((name) => existsSync(join(to, name))),
    outside: existsSync(outside) ? outside : undefined,
  };
}
