// Backups that are declared no more and of which there still are snapshots: removing one from the config deletes none.
import { isAbsolute } from 'node:path';
import type { Context } from 'realm-runner/plugin';
import { canBeRead } from './engine.ts';
import { knownNames } from './known-targets.ts';
import { type Backup, backupNamed } from './policies.ts';
import { type BackupSpec, type Target, written } from './spec.ts';
import { engineOf } from './targets.ts';

const MONTH_MS = 30 * 86_400_000;

/** In the targets of those that are declared, and in folders that were once written to. */
export async function undeclared(ctx: Context, isLooking: boolean): Promise<readonly Backup[]> {
  const declared = ctx.resources<BackupSpec>('backup');
  const known: readonly Target[] = knownNames(ctx.paths.data).filter((name) => isAbsolute(name));
  const targets = new Map([...known, ...declared.flatMap(({ spec }) => spec.to)].map((one) => [written(one), one]));
  const found = new Map<string, Target[]>();
  for (const target of targets.values())
    for (const name of await policiesIn(target, ctx, isLooking))
      if (declared.every((one) => one.name !== name)) found.set(name, [...(found.get(name) ?? []), target]);
  return [...found].map(([name, to]) => withoutRules(name, to));
}

async function policiesIn(target: Target, ctx: Context, isLooking: boolean): Promise<readonly string[]> {
  try {
    const engine = await engineOf(target, ctx, isLooking);
    const { is } = await engine.look();
    return canBeRead(is) ? await engine.policies() : [];
  } catch {
    return []; // of a declared target its own policies tell why; one of long ago may be gone
  }
}

const withoutRules = (name: string, to: readonly Target[]): Backup => ({
  ref: `backup/${name}`,
  name,
  spec: {
    to: [...to],
    settle: 0,
    keep: { floor: 0 },
    commands: { before: [], after: [] },
    tolerate: 0,
    shrinkAlarm: 100,
    verify: { afterRun: 'new', scrubWithin: MONTH_MS },
  },
  generation: 0,
  labels: {},
  after: [],
  awaited: [],
  overrides: [],
});

/** What is meant by `daily`, `backup/daily` or, as snapshots are printed, `daily/2026-11-21`. */
export interface Meant {
  readonly want: Backup;
  /** Of the snapshot. */
  readonly id: string | undefined;
}

/** Declared or not. Throws BACKUP_POLICY_UNKNOWN. */
export async function meant(typed: string, ctx: Context, isLooking = false): Promise<Meant> {
  const [name = '', label] = typed.replace(/^backup\//, '').split('/');
  const id = label === undefined || label === '' ? undefined : `${name}/${label}`;
  const isDeclared = ctx.resources<BackupSpec>('backup').some((one) => one.name === name);
  const lost = isDeclared ? undefined : (await undeclared(ctx, isLooking)).find((one) => one.name === name);
  return { want: lost ?? backupNamed(name, ctx), id };
}
