// Reads what restic has just written back from the repository, before anybody is told that there is a backup.
import { createHash } from 'node:crypto';
import type { Tools } from '../engine.ts';
import type { Place } from './place.ts';
import type { Known } from './repository.ts';

/** So many new packs are read one by one; beyond that reading the snapshot costs less. */
const MOST_PACKS = 8;

/** The names of all files that hold data in the repository. */
export async function packs({ restic }: Place): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  await restic.run(['list', 'packs', '--no-lock'], {
    line: (line) => void (/^[0-9a-f]{64}$/.test(line) && ids.add(line)),
  });
  return ids;
}

/** `isWhole`: everything in the snapshot was read, and not just what is new. Throws when something is not as it should be. */
export async function readBack(
  place: Place,
  { resticId }: Known,
  { isWhole, packsBefore }: { readonly isWhole: boolean; readonly packsBefore: ReadonlySet<string> },
  tools: Tools,
): Promise<{ readonly isWhole: boolean }> {
  const { restic } = place;
  const { signal } = tools;
  const added = [...(await packs(place))].filter((id) => !packsBefore.has(id));
  if (isWhole || added.length > MOST_PACKS) {
    // As a restore reads it: each blob is checked against its name. What comes out is thrown away.
    await restic.run(['dump', resticId, '/', '--archive', 'tar'], { signal, output: () => {} });
    return { isWhole: true };
  }
  for (const id of added) {
    const digest = createHash('sha256');
    await restic.run(['cat', 'pack', id], { signal, output: (chunk) => void digest.update(chunk) });
    if (digest.digest('hex') === id) continue;
    const errors = [{ message: `pack ${id.slice(0, 10)} is not as it was written`, item: undefined }];
    throw restic.failure('reading back', { exit: 'failed', errors });
  }
  return { isWhole: false };
}
