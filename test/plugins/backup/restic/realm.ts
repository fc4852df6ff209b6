// A small realm with sources and a restic repository of its own, and a way to kill what works with it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../../../../plugins/backup/engine.ts';
import { resticEngine, type ResticOptions } from '../../../../plugins/backup/restic/engine.ts';
import { makeSources } from '../rig.ts';
import type { Order } from './killed-child.ts';
import { makeRepository, PASSWORD } from './repository.ts';

const CHILD = join(import.meta.dirname, 'killed-child.ts');

export interface Place {
  readonly root: string;
  readonly repository: string;
  readonly data: string;
  readonly open: (changes?: Partial<ResticOptions>) => Engine;
}

let places = 0;

export function makeRealm(scratch: string): Place {
  const root = join(scratch, `realm${(places += 1)}`);
  const [repository, data] = [join(root, 'repository'), join(root, '.realm/plugins/backup')];
  mkdirSync(data, { recursive: true });
  makeSources(root);
  makeRepository(repository, scratch);
  const open = (changes: Partial<ResticOptions> = {}): Engine =>
    resticEngine({ repository, password: PASSWORD, env: {}, root, data, ...changes });
  return { root, repository, data, open };
}

const orderOf = ({ repository, root, data }: Place, what: Order['what'], at: number, point: string): string =>
  JSON.stringify({ repository, root, data, at, what, point } satisfies Order);

/** Does it in another process that is killed when it comes to the point. */
export function killedAt(place: Place, what: Order['what'], point: string, at: number): void {
  const order = orderOf(place, what, at, point);
  const { signal, stderr } = spawnSync(process.execPath, [CHILD, order], { encoding: 'utf8' });
  if (signal !== 'SIGKILL') throw new Error(`it was not killed at ${point}: ${stderr}`);
}

/** Does it in another process that is killed after so long with the restic it started. Whether that came in time. */
export async function killedAfter(place: Place, what: Order['what'], ms: number, at: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, orderOf(place, what, at, '')], { detached: true, stdio: 'ignore' });
  const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), ms);
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  return signal === 'SIGKILL';
}
