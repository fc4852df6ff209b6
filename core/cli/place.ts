// Where the realm of a command lies: its config, the folder of it, and its state.
import { join, resolve } from 'node:path';
import { findConfig } from '../config/find.ts';
import type { Globals } from './shell.ts';

export interface Place {
  readonly file: string;
  readonly root: string;
  readonly stateDir: string;
}

/** Paths of flags are relative to `cwd`. Throws CONFIG_NOT_FOUND and CONFIG_UNREADABLE. */
export async function placeOf(cwd: string, { config, state }: Pick<Globals, 'config' | 'state'>): Promise<Place> {
  const { file, root } = await findConfig(cwd, config);
  return { file, root, stateDir: state === undefined ? join(root, '.realm') : resolve(cwd, state) };
}
