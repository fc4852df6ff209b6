// The snapshot before: from which unchanged files are taken over.
import { join } from 'node:path';
import { fromText } from '../byte-text.ts';
import type { Snapshot } from '../snapshot.ts';
import { DATA, ENTRIES, TAG_MANIFEST } from './layout.ts';
import type { Job } from './order.ts';
import { digestOfTag, parseTagManifest, readTag } from './tags.ts';
import type { Capabilities } from './probe.ts';

/** The newest that is not known to be damaged, and whose entries are as they were written. */
export function parentOf(snapshots: readonly Snapshot[]): Snapshot | undefined {
  return snapshots.findLast((one) => one.damaged.length === 0 && hasItsEntries(one));
}

function hasItsEntries({ path }: Snapshot): boolean {
  try {
    const digests = parseTagManifest(readTag(path, TAG_MANIFEST)?.toString('latin1') ?? '');
    return digests !== undefined && digests.get(ENTRIES) === digestOfTag(path, ENTRIES);
  } catch {
    return false; // what cannot be read is nothing to build on
  }
}

export const dataOf = (folder: string): Job['to'] => fromText(join(folder, DATA));

/** How unchanged files come in. */
export function wayOf(can: Capabilities, links: 'auto' | 'copy' = 'auto'): Job['takeOver'] {
  if (links === 'copy') return 'copy';
  return can.reflink ? 'clone' : can.hardlink ? 'link' : 'copy';
}
