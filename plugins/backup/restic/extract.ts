// Files out of a snapshot to where they are wanted: by rename where that is possible, and nothing where restic failed.
import { constants, copyFileSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { type ByteText, toBytes } from '../byte-text.ts';
import type { Engine, Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Place } from './place.ts';
import { find } from './repository.ts';
import { pathIn, type Restored, restored } from './restore.ts';
import { placeOf } from './sources.ts';

type Wanted = Parameters<Engine['extract']>[1];
type Damaged = Awaited<ReturnType<Engine['extract']>>['damaged'];

export async function extract(
  place: Place,
  snapshot: Snapshot,
  wanted: Wanted,
  tools: Tools,
): Promise<{ readonly damaged: Damaged }> {
  const files = wanted.filter(({ entry }) => entry.type === 'file');
  if (files.length === 0) return { damaged: [] };
  const { resticId, facts } = await find(place.restic, snapshot);
  const located = files.map((one) => ({ ...one, at: placeOf(one.entry.path, facts.roots) }));
  const named = located.flatMap(({ at }) => (at === undefined ? [] : [at]));
  tools.progress({ phase: 'read', done: 0, total: files.length });
  const damaged = await restored(place, resticId, named, tools.signal, (out) =>
    located.flatMap(({ entry, to, at }) => {
      tools.signal.throwIfAborted();
      const why = at === undefined ? 'it is not in the snapshot' : put(out, at, entry.size, to);
      return why === undefined ? [] : [{ path: entry.path, why }];
    }),
  );
  tools.progress({ phase: 'read', done: files.length, total: files.length });
  return { damaged };
}

/** Why it could not be had; then nothing is at `to`. */
function put(out: Restored, at: ByteText, size: number, to: string | Buffer): string | undefined {
  const damage = out.damage(at);
  if (damage !== undefined) return damage;
  const from = pathIn(out.folder, at);
  const stat = lstatSync(from, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return 'it is not in the snapshot';
  if (stat.size !== size) return `it has ${stat.size} bytes, not ${size}`;
  // one of several names of a file: each place wanted gets a file of its own
  if (stat.nlink > 1 || !renamed(from, to)) copy(from, to);
  return undefined;
}

function renamed(from: Buffer, to: string | Buffer): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EXDEV') return false;
    throw error;
  }
}

function copy(from: Buffer, to: string | Buffer): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    rmSync(typeof to === 'string' ? toBytes(Buffer.from(to).toString('latin1') as ByteText) : to, { force: true });
    throw error;
  }
}
