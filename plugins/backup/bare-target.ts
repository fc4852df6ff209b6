// A target of which nothing is known but where it is: a folder of snapshots, or a restic repository with its password.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Context, RealmError } from 'realm-runner/plugin';
import { fromText } from './byte-text.ts';
import type { BootstrapWish } from './restore/bootstrap.ts';
import { withoutPassword } from './repository-name.ts';
import { folderOf, resticEngine } from './restic/engine.ts';
import { treeEngine } from './tree/engine.ts';
import { isTarget } from './tree/layout.ts';

/** What is no path: a backend of restic and its place, such as `sftp:user@host:/path`. A drive letter is none. */
export const REPOSITORY = '^[a-z][a-z0-9]+:';

/** What every restic repository has; its own documentation of the format names them. */
const MARKS = ['config', 'keys', 'snapshots'];

/** `passwordFile`: absolute. Throws BACKUP_TARGET_UNREADABLE when it is a repository and there is no password for it. */
export function bareTarget(
  from: string,
  passwordFile: string | undefined,
  ctx: Context,
): Pick<BootstrapWish, 'path' | 'engine' | 'hint'> {
  const { root, data } = ctx.paths;
  if (!isRepository(from)) return { path: from, engine: treeEngine({ path: from, root }) };
  const engine = resticEngine({
    repository: from,
    password: passwordFor(from, passwordFile),
    env: backendEnvironment(),
    root,
    data,
    sleep: (ms) => ctx.sleep(ms),
  });
  return { path: folderOf(from, root), engine, hint: 'see that it is the right one, and its password' };
}

const isRepository = (from: string): boolean =>
  new RegExp(REPOSITORY).test(from) ||
  (!isTarget(fromText(from)) && MARKS.every((name) => existsSync(join(from, name))));

function passwordFor(repository: string, passwordFile: string | undefined): string {
  const { RESTIC_PASSWORD: password, RESTIC_PASSWORD_FILE: named } = process.env;
  const file = passwordFile ?? (password ? undefined : named);
  const found = file ? passwordIn(file) : password;
  if (found) return found;
  throw new RealmError(
    'BACKUP_TARGET_UNREADABLE',
    `there is no password for the restic repository ${withoutPassword(repository)}: set RESTIC_PASSWORD or RESTIC_PASSWORD_FILE, or say --password-file FILE`,
  );
}

function passwordIn(file: string): string {
  try {
    return readFileSync(resolve(file), 'utf8').replace(/[\r\n]+$/, '');
  } catch (cause) {
    throw new RealmError(
      'BACKUP_TARGET_UNREADABLE',
      `the password of the repository cannot be read: ${(cause as Error).message}`,
      {
        hint: 'see RESTIC_PASSWORD_FILE, or say --password-file FILE',
        cause,
      },
    );
  }
}

/** Of what speaks to restic only this is meant for its backends; the rest of the environment is handed on as it is. */
const backendEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['RESTIC_REST_USERNAME', 'RESTIC_REST_PASSWORD'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
