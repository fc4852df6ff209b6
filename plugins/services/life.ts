// The two files that outlive the daemon: what was started last, and how its end is going.
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { absent } from 'realm-runner/plugin';
import { bootId } from './adopted.ts';
import type { Life, Stopping } from './facts.ts';
import { replace, setAside } from './spare.ts';

/** Of a `stopping.json`, at most. */
const STOPPING_BYTES = 2_048;

/** null: there was no start. Throws when the file cannot be read or is damaged: then nobody knows what runs. */
export const readLife = (folder: string): Life | null => read(join(folder, 'life.json')) as Life | null;

/** Before the start, so that whoever comes later can find out whether it happened. */
export function writeLife(folder: string, life: Life): void {
  replace(join(folder, 'life.json'), `${JSON.stringify(life)}\n`);
  setAside(join(folder, 'stopping.json'), STOPPING_BYTES); // when it is to end there may be no room
}

/** Nothing is left of the life before this very one. */
export function forgetFollowed(folder: string, token: string): void {
  const life = readLife(folder);
  if (life?.token !== token || life.follows === undefined) return;
  const { follows: _, ...rest } = life;
  writeLife(folder, rest);
}

/** The try to stop this very life. */
export function readStopping(folder: string, token: string): Stopping | null {
  const stopping = read(join(folder, 'stopping.json')) as Stopping | null;
  return stopping?.token === token ? stopping : null;
}

export const writeStopping = (folder: string, stopping: Stopping): void =>
  replace(join(folder, 'stopping.json'), `${JSON.stringify(stopping)}\n`);

export const forget = (folder: string): void => rmSync(folder, { recursive: true, force: true });

function read(path: string): unknown {
  let text: string | null;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    text = absent('ENOENT', 'ENOTDIR')(error);
  }
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (isOfAnotherBoot(dirname(path))) return null; // nothing of it can run
    const hint = 'look what runs, then move the file away';
    throw new Error(`${path} is damaged, so nobody knows what runs; ${hint}`, { cause });
  }
}

/** As the shim wrote it beside its pid when it was last started; a blank says nothing. */
function isOfAnotherBoot(folder: string): boolean {
  try {
    const [boot = ''] = readFileSync(join(folder, 'pid'), 'utf8').trim().split(' ');
    return boot !== '' && boot !== '-' && boot !== bootId();
  } catch {
    return false; // no such file, or a system without boot ids: then damage stays damage
  }
}
