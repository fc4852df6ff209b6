// Where the files of a service are: one folder of its own, and one log.
import { join } from 'node:path';
import type { Context } from 'realm-runner/plugin';

type Paths = Pick<Context, 'paths'>;

/** Holds `life.json`, `stopping.json`, and the files of its process. */
export const folderOf = (name: string, { paths }: Paths): string => join(paths.data, name);

/** `.realm/logs/services/NAME.log`. */
export const logOf = (name: string, { paths }: Paths): string =>
  join(paths.data, '..', '..', 'logs', 'services', `${name}.log`);
