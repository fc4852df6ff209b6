// What a person types to start Realm here: its name, or where it lies while that is not on their PATH.
import { accessSync, constants } from 'node:fs';
import { delimiter, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const LAUNCHER = fileURLToPath(new URL('../../bin/realm', import.meta.url));

export function ownName(env: Readonly<Record<string, string | undefined>>, cwd: string, launcher = LAUNCHER): string {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  if (folders.some((folder) => isProgram(join(folder, 'realm')))) return 'realm';
  const near = relative(cwd, launcher);
  return near.startsWith('..') ? launcher : near;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}
