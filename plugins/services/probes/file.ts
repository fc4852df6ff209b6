// Probe: a file exists.
import { stat } from 'node:fs/promises';
import { no, type Probe, yes } from './probe.ts';

export const file: Probe = async ({ file: path }) => {
  const reason = await stat(path!).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'does not exist' : error.message),
  );
  return reason === undefined ? yes(`${path} exists`) : no(`${path}: ${reason}`);
};
