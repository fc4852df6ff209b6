// The engine of plain folders: snapshots that anybody can browse, copy out of, and check with `sha256sum`.
import { RealmError } from 'realm-runner/plugin';
import { canBeRead, type Engine } from '../engine.ts';
import { reading } from './reading.ts';
import { lookAt } from './target.ts';
import { write, type WriteOptions } from './write.ts';

export function treeEngine(options: WriteOptions): Engine {
  const { path } = options;
  /** A target that is full can be read; one that was never used holds nothing, and that is the truth. */
  const guard = (): void => {
    const { is, why } = lookAt(options);
    if (canBeRead(is) || is === 'new') return;
    throw new RealmError('BACKUP_TARGET_UNREADABLE', `${path}: ${why}`, {
      hint: 'see that it is mounted, and the right one',
    });
  };
  return {
    kind: 'tree',
    name: path,
    look: async () => lookAt(options),
    write: (job, tools) => write(options, job, tools),
    ...reading(path, guard, options.owner),
  };
}
