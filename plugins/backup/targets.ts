// The places snapshots go to: from the words in the YAML to an engine that keeps them.
import { resolve } from 'node:path';
import { type Context, RealmError, type Resource, type Secret } from 'realm-runner/plugin';
import type { Engine } from './engine.ts';
import { ownerOf } from './owner.ts';
import type { AskRestic } from './restic/command.ts';
import { folderOf as repositoryFolder, nameOf, resticEngine } from './restic/engine.ts';
import type { BackupSpec, Target } from './spec.ts';
import { knownTarget, rememberId } from './known-targets.ts';
import { treeEngine } from './tree/engine.ts';
import type { TargetOptions } from './tree/target.ts';

/** The folder of a target on this machine; undefined when it is none. Throws BACKUP_TARGET_UNKNOWN, HOST_PATH_INVALID. */
export async function folderOf(target: Target, ctx: Context): Promise<string | undefined> {
  if (typeof target !== 'string')
    return target.engine === 'restic'
      ? repositoryFolder(revealed(target.repository, ctx), ctx.paths.root)
      : target.path;
  if (target.startsWith('zone/')) throw new RealmError('BACKUP_TARGET_UNKNOWN', needsVault(target).message);
  if (!target.startsWith('@')) return target;
  const hosts = ctx.find('hosts');
  const self = await hosts?.self(ctx);
  if (hosts === undefined || self === undefined || self.id === null)
    throw new RealmError(
      'BACKUP_TARGET_UNKNOWN',
      `${target} is a path of this host, and it is not known which host this is`,
      {
        hint: 'declare it under `hosts:` with its `paths:`, or write the folder',
      },
    );
  return resolve(ctx.paths.root, hosts.path(self.id, target.slice(1), ctx));
}

/** What is said of a target in a zone until there is a plugin that knows zones. */
export const needsVault = (target: string): { readonly message: string; readonly hint: string } => ({
  message: `${target} needs plugin vault`,
  hint: 'until there is one, write a folder: `to: [/mnt/nas/backups]`',
});

/** The folders of all targets of all policies: no policy saves, replaces or moves what another one keeps. */
export async function allFolders(own: BackupSpec, ctx: Context): Promise<readonly string[]> {
  const others = ctx.resources<BackupSpec>('backup').flatMap(({ spec }) => spec.to);
  const folders = await Promise.all([
    ...own.to.map((target) => folderOf(target, ctx)),
    ...others.map((target) => folderOf(target, ctx).catch(() => undefined)), // its own policy tells why
  ]);
  return [...new Set(folders.filter((one) => one !== undefined))];
}

const revealed = (value: string | Secret, ctx: Context): string =>
  typeof value === 'string' ? value : ctx.reveal(value);

/** What a repository takes to open, over a network too. */
const ASK_MS = 30_000;
const ASK_BYTES = 64 * 1024 * 1024;

function identityOf(name: string, ctx: Context): Pick<TargetOptions, 'expected' | 'doubt' | 'remember'> {
  const { data } = ctx.paths;
  const { id: expected, doubt } = knownTarget(name, data);
  return { expected, doubt, remember: (id) => rememberId(name, id, data) };
}

/** `isLooking`: whoever looks starts no program by itself; restic is asked, within bounds. */
export async function engineOf(target: Target, ctx: Context, isLooking = false): Promise<Engine> {
  const owner = await ownerOf(ctx);
  if (typeof target !== 'string' && target.engine === 'restic') {
    const { password, env } = target;
    const repository = revealed(target.repository, ctx);
    return resticEngine({
      repository,
      password: revealed(password, ctx),
      env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, revealed(value, ctx)])),
      root: ctx.paths.root,
      data: ctx.paths.data,
      owner,
      ...identityOf(nameOf(repository, ctx.paths.root), ctx),
      ...(isLooking ? { ask: askRestic(ctx) } : { sleep: (ms: number) => waiting(ms, repository, ctx) }),
    });
  }
  const path = (await folderOf(target, ctx))!;
  const links = typeof target === 'string' ? 'auto' : target.links;
  return treeEngine({ path, root: ctx.paths.root, ...identityOf(path, ctx), owner, links });
}

/** One for each target, in the order of the config. */
export const enginesOf = (want: Resource<BackupSpec>, ctx: Context, isLooking = false): Promise<readonly Engine[]> =>
  Promise.all(want.spec.to.map((target) => engineOf(target, ctx, isLooking)));

/** While somebody else has locked the repository. */
function waiting(ms: number, repository: string, ctx: Context): Promise<void> {
  const name = nameOf(repository, ctx.paths.root);
  ctx.progress({ phase: 'waiting', why: `another process has locked ${name}; tried again in ${ms / 1000} s` });
  return ctx.sleep(ms);
}

const askRestic =
  (ctx: Context): AskRestic =>
  (args, env) =>
    ctx.ask('restic', args, { env, timeoutMs: ASK_MS, mostBytes: ASK_BYTES });
