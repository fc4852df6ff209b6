// What other plugins may ask of backups: which of them save a folder.
import { isAbsolute, relative, sep } from 'node:path';
import type { BackupApi } from 'realm-runner/plugin';
import type { Root } from './policy.ts';
import { type Backup, rootsOf } from './policies.ts';
import type { BackupSpec } from './spec.ts';

export const backupApi: BackupApi = {
  savedBy: (folder, ctx) =>
    ctx.resources<BackupSpec>('backup').flatMap((want) => {
      const how = howSaved(want, folder, ctx.paths.root);
      return how === undefined ? [] : [{ policy: want.name, isWhole: how === 'whole' }];
    }),
};

const isBelow = (path: string, folder: string): boolean => {
  const way = relative(folder, path);
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`);
};

/** As the policy is declared now: a root with `include` saves parts of what is below it. */
export function howSaved({ spec }: Backup, folder: string, root: string): 'whole' | 'part' | undefined {
  const all = rootsOf(spec, root).map((one) => savedIn(one, folder));
  return all.find((one) => one === 'whole') ?? all.find((one) => one === 'part');
}

function savedIn({ from, include }: Root, folder: string): 'whole' | 'part' | undefined {
  if (isBelow(folder, from)) return include === undefined ? 'whole' : 'part';
  return isBelow(from, folder) ? 'part' : undefined;
}
