// Named folders of hosts: `models/llama` is what lies in the folder that the host calls `models`.
import { posix } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import type { Host } from './spec.ts';

/** Relative ones are relative to the folder of the config there. Throws HOST_PATH_INVALID. */
export function pathOn({ name, spec: { paths } }: Host, written: string): string {
  const [alias = '', ...below] = written.split('/');
  const base = Object.hasOwn(paths, alias) ? paths[alias] : undefined;
  if (base === undefined) {
    const known = Object.keys(paths).join(', ');
    const hint = known === '' ? `name it under \`hosts.${name}.paths\`` : `paths of ${name}: ${known}`;
    throw new RealmError('HOST_PATH_INVALID', `the host ${name} has no path that is called ${JSON.stringify(alias)}`, {
      hint,
    });
  }
  const inside = posix.normalize(`./${below.join('/')}`);
  if (inside === '..' || inside.startsWith('../') || written.includes('\0'))
    throw new RealmError('HOST_PATH_INVALID', `${JSON.stringify(written)} leads out of what ${name} calls ${alias}`, {
      hint: 'stay below the named folder',
    });
  return posix.join(base, inside).replace(/(.)\/$/, '$1');
}
