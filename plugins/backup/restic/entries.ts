// What is in a snapshot: the list that lies in it, as exact as bytes are, with what restic really saved of each.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import type { Entry } from '../entry.ts';
import type { Snapshot } from '../snapshot.ts';
import { readEntries } from '../tree/entries-file.ts';
import { scratchFor } from './scratch.ts';
import type { Place } from './place.ts';
import { type Node, nodeOf } from './json.ts';
import { find, type Known } from './repository.ts';
import { mangled, placeOf } from './sources.ts';

export async function* entries(place: Place, snapshot: Snapshot): AsyncGenerator<Entry> {
  yield* await entriesIn(place, await find(place.restic, snapshot));
}

/** Throws BACKUP_DAMAGED when the list cannot be read. */
export async function entriesIn(place: Place, known: Known): Promise<readonly Entry[]> {
  const folder = scratchFor(place.scratch, 'list');
  try {
    const file = join(folder, 'entries.jsonl');
    const { restic } = place;
    const dumped = await restic.glance(['dump', known.resticId, known.facts.list], { file });
    if (dumped.exit === 'locked') throw restic.failure('restic dump', dumped);
    if (dumped.exit !== 'done') throw unreadable(known, restic.failure('restic dump', dumped));
    const nodes = await nodesIn(place, known.resticId);
    try {
      return [...readEntries(file, false)].flatMap((entry) => asSaved(entry, known, nodes));
    } catch (cause) {
      throw unreadable(known, cause);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const unreadable = ({ facts }: Known, cause: unknown): RealmError =>
  new RealmError(
    'BACKUP_DAMAGED',
    `the list of what is in ${facts.policy}/${facts.label} cannot be read: ${(cause as Error).message}`,
    {
      cause,
    },
  );

export async function nodesIn({ restic }: Place, resticId: string): Promise<ReadonlyMap<string, Node>> {
  const nodes = new Map<string, Node>();
  const ended = await restic.glance(['ls', '--json', resticId], {
    line: (line) => {
      const node = nodeOf(line);
      if (node !== undefined) nodes.set(node.path.replaceAll(/\uFFFD+/g, '\uFFFD'), node);
    },
  });
  if (ended.exit !== 'done') throw restic.failure('restic ls', ended);
  return nodes;
}

/** Nothing for what was gone before restic came to it; times and size are those that restic saw. */
export function asSaved(
  entry: Entry,
  { facts }: Pick<Known, 'facts'>,
  nodes: ReadonlyMap<string, Node>,
): readonly Entry[] {
  const at = placeOf(entry.path, facts.roots);
  const key = at === undefined ? undefined : mangled(at);
  const node = key === undefined ? undefined : nodes.get(key);
  if (node === undefined) return entry.type === 'folder' ? [entry] : [];
  // Two names can look alike once they are mangled: then only the list can tell them apart.
  if (key?.includes('\uFFFD') === true) return [entry];
  const { mode, uid, gid, mtimeNs, ctimeNs } = node;
  const size = entry.type === 'file' ? node.size : 0;
  return [{ ...entry, size, mode, uid, gid, mtimeNs, ctimeNs }];
}
