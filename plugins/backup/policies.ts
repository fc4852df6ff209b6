// From one resource of `backups:` to the policy that engines work with: roots, zone, labels, what is never saved.
import { dirname, isAbsolute, relative, sep } from 'node:path';
import picomatch from 'picomatch';
import { type Context, RealmError, type Resource } from 'realm-runner/plugin';
import { unitOf } from './label.ts';
import { ownerOf } from './owner.ts';
import type { Policy, Root } from './policy.ts';
import type { BackupSpec, Source } from './spec.ts';
import { allFolders } from './targets.ts';

export type Backup = Resource<BackupSpec>;

export const zoneOf = ({ timezone }: BackupSpec, ctx: Context): string => timezone ?? ctx.realm.timezone;

/** Where files outside the config's folder lie in a snapshot, by their absolute path. */
const OUTSIDE = '@root';

/** `agents` for a folder beside the config; `@root/srv/models` for one elsewhere. */
export function placeOf(path: string, root: string): string {
  const below = relative(root, path);
  const isBelow = below === '' || (!isAbsolute(below) && below !== '..' && !below.startsWith(`..${sep}`));
  return isBelow ? below : `${OUTSIDE}${path}`;
}

/** The folder (or file) that a glob cannot leave, and the rest of it: empty for a path without magic. */
export function splitGlob(glob: string): { readonly base: string; readonly rest: string } {
  const { base, glob: rest } = picomatch.scan(glob);
  return { base: base === '' ? '/' : base, rest };
}

/** Paths that a watch looks at, absolute. */
export const watchedPaths = ({ watch = [] }: BackupSpec): readonly string[] =>
  watch.map((glob) => splitGlob(glob).base);

export const rootsOf = (spec: BackupSpec, root: string): readonly Root[] =>
  spec.sources?.map((source) => rootOf(source, root)) ?? watchedRoots(spec, root);

/** What a change is looked for in, which may be less than what is saved then. */
const watchedRoots = ({ watch = [] }: BackupSpec, root: string): readonly Root[] =>
  watch.map((glob) => {
    const { base, rest } = splitGlob(glob);
    return { from: base, as: placeOf(base, root), include: rest === '' ? undefined : [rest], exclude: [] };
  });

function rootOf(source: Source, root: string): Root {
  if (typeof source === 'string') return { from: source, as: placeOf(source, root), include: undefined, exclude: [] };
  const { from, include, exclude } = source;
  return { from, as: placeOf(from, root), include, exclude };
}

/** Everything a run has to know; free of secrets. */
export async function policyOf({ name, spec }: Backup, ctx: Context): Promise<Policy> {
  const { root } = ctx.paths;
  const zone = zoneOf(spec, ctx);
  const { realm, hosts } = await ownerOf(ctx);
  return {
    name,
    zone,
    roots: rootsOf(spec, root),
    watched: watchedRoots(spec, root),
    never: [...(await allFolders(spec, ctx)), stateFolder(ctx)],
    label: unitOf(spec, zone),
    keep: spec.keep,
    before: spec.commands.before,
    after: spec.commands.after,
    tolerate: spec.tolerate,
    shrinkAlarm: spec.shrinkAlarm,
    verifyAfterRun: spec.verify.afterRun,
    realm,
    host: hosts[0]!,
  };
}

/** The state folder of the realm, two above the plugin's own. */
export const stateFolder = (ctx: Context): string => dirname(dirname(ctx.paths.data));

/** One declared policy. Throws BACKUP_POLICY_UNKNOWN. */
export function backupNamed(name: string, ctx: Context): Backup {
  const all = ctx.resources<BackupSpec>('backup');
  const typed = name.replace(/^backup\//, '');
  const found = all.find((one) => one.name === typed);
  if (found !== undefined) return found;
  throw new RealmError('BACKUP_POLICY_UNKNOWN', `there is no backup called ${typed}`, {
    hint: all.length === 0 ? 'none is declared under `backups:`' : `one of: ${all.map((one) => one.name).join(', ')}`,
  });
}
