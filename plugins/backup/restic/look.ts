// Whether a restic repository is there, is the one that was used before, and has room.
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TargetState } from '../engine.ts';
import type { Place } from './place.ts';
import { jsonOf } from './json.ts';

/** The id of the repository, or why there is none to be had. */
export async function identity({
  restic,
}: Place): Promise<{ readonly id: string } | { readonly why: string; readonly isNone: boolean }> {
  const lines: string[] = [];
  const ended = await restic.attempt(['cat', 'config', '--no-lock'], { line: (line) => void lines.push(line) });
  if (ended.exit !== 'done') {
    return { why: restic.failure('restic cat config', ended).message, isNone: ended.exit === 'no-repository' };
  }
  const id = jsonOf(lines.join(''))?.['id'];
  return typeof id === 'string' ? { id } : { why: 'its config has no id', isNone: false };
}

export async function look(place: Place): Promise<TargetState> {
  const { folder, expected, doubt } = place;
  const room = roomOf(folder);
  if (doubt !== undefined) return { is: 'foreign', why: doubt, ...room };
  const found = await identity(place);
  if ('id' in found) {
    if (expected !== undefined && expected !== found.id) {
      return {
        is: 'foreign',
        id: found.id,
        why: `it is repository ${found.id.slice(0, 10)}, not ${expected.slice(0, 10)}`,
        ...room,
      };
    }
    return { is: 'ready', why: 'the repository opens', id: found.id, ...room };
  }
  const isNew = found.isNone && expected === undefined && (folder === undefined || existsSync(dirname(folder)));
  return isNew
    ? { is: 'new', why: 'there is no repository yet; the first run makes it', ...room }
    : { is: 'missing', why: found.why, ...room };
}

function roomOf(folder: string | undefined): Pick<TargetState, 'freeBytes' | 'usedPercent'> {
  const at = folder === undefined || existsSync(folder) ? folder : dirname(folder);
  if (at === undefined || !existsSync(at)) return { freeBytes: null, usedPercent: null };
  const { bavail, bsize, blocks, bfree } = statfsSync(at);
  const used = blocks - bfree;
  return { freeBytes: bavail * bsize, usedPercent: used + bavail === 0 ? null : (100 * used) / (used + bavail) };
}
