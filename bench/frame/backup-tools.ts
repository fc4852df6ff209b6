// Realm and what people use instead, each asked for the same: everything anew, nothing changed, one file in a hundred, and back.
import { spawnSync } from 'node:child_process';
import { realm } from './process.ts';

/** Names of what is done, in this order, each turn: everything anew, nothing changed, one file in a hundred, and back. */
export type Deed = 'full' | 'no-change' | 'one-percent' | 'restore';
export const DEEDS: readonly Deed[] = ['full', 'no-change', 'one-percent', 'restore'];

export interface Tool {
  readonly name: string;
  /** Where its copies lie; not there when a turn begins. */
  readonly folder: string;
  /** What to type; undefined: it has no such deed. */
  command(deed: Deed): readonly string[] | undefined;
}

const isThere = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** What is not installed is left out, and named. */
export function tools(): readonly Tool[] {
  const shell = (line: string): readonly string[] => ['sh', '-c', line];
  const restic = 'RESTIC_PASSWORD=x restic -q --no-cache -r restic';
  const borg = 'BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK=yes borg';
  const all: Tool[] = [
    {
      name: 'realm',
      folder: 'target',
      command: (deed) =>
        deed === 'restore' ? realm('backup', 'restore', 'tree', '--to', 'back') : realm('backup', 'run', 'tree'),
    },
    {
      name: 'cp -a',
      folder: 'copied',
      command: (deed) => ({ full: shell('cp -a data copied'), restore: shell('cp -a copied back') })[deed as string],
    },
    {
      name: 'rsync --link-dest',
      folder: 'synced',
      command: (deed) =>
        ({
          full: shell('mkdir synced && rsync -a data/ synced/1'),
          'no-change': shell('rsync -a --link-dest=../1 data/ synced/2'),
          'one-percent': shell('rsync -a --link-dest=../2 data/ synced/3'),
        })[deed as string],
    },
    {
      name: 'restic',
      folder: 'restic',
      command: (deed) =>
        ({
          full: shell(`${restic} init && ${restic} backup data`),
          restore: shell(`${restic} restore latest --target back`),
        })[deed as string] ?? shell(`${restic} backup data`),
    },
    {
      name: 'borg',
      folder: 'borg',
      command: (deed) =>
        ({
          full: shell(`${borg} init -e none borg && ${borg} create borg::full data`),
          restore: shell(`mkdir back && cd back && ${borg} extract ../borg::one-percent`),
        })[deed as string] ?? shell(`${borg} create borg::${deed} data`),
    },
  ];
  return all.filter(({ name }) => {
    const has = ['realm', 'cp -a'].includes(name) || isThere(name.split(' ')[0]!);
    if (!has) console.error(`NOT RUN: ${name} is not installed (apt-get install rsync restic borgbackup)`);
    return has;
  });
}
