// Whether what is in the repository is as it was saved; what is damaged is named by reading this snapshot as a restore would.
import { fromText, shown } from '../byte-text.ts';
import type { Engine, Tools } from '../engine.ts';
import type { Snapshot, Verification } from '../snapshot.ts';
import { entriesIn } from './entries.ts';
import type { Place } from './place.ts';
import { find, type Known, rewrite } from './repository.ts';
import { restored } from './restore.ts';
import { placeOf } from './sources.ts';
import { withVerification } from './tags.ts';

const MOST_TOLD = 20;
type Part = Parameters<Engine['verify']>[3];

/** Paths are told as in any snapshot, where files lie below it. */
const DATA = 'data';

export async function verify(
  place: Place,
  snapshot: Snapshot,
  level: Parameters<Engine['verify']>[1],
  tools: Tools,
  slice?: Part,
): Promise<Verification> {
  const { restic } = place;
  const known = await find(restic, snapshot);
  tools.progress({ phase: 'verify', why: level });
  const damaged =
    level === 'presence' ? await absentIn(place, known) : await damagedIn(place, known, level, tools, slice);
  const verification: Verification = {
    level,
    at: tools.now(),
    isGood: damaged.length === 0,
    coverage: level !== 'content' || slice === undefined ? 1 : 1 / slice.of,
    damaged: damaged.slice(0, MOST_TOLD),
  };
  const part = level === 'content' ? slice : undefined;
  await rewrite(restic, known, (facts) => withVerification(facts, verification, part));
  return verification;
}

/** The names of what the list has and the snapshot has not; the list itself when that cannot be read. */
async function absentIn(place: Place, known: Known): Promise<readonly string[]> {
  try {
    const entries = await entriesIn(place, known);
    const files = entries.filter(({ type }) => type === 'file').length;
    return files < known.facts.files ? [`${known.facts.files - files} of ${known.facts.files} files`] : [];
  } catch (error) {
    if ((error as { code?: string }).code !== 'BACKUP_DAMAGED') throw error;
    return ['entries.jsonl'];
  }
}

/** `restic check` looks at the whole repository. When it finds nothing this snapshot is well; else it is read to see. */
async function damagedIn(
  place: Place,
  known: Known,
  level: 'structure' | 'content',
  tools: Tools,
  slice?: Part,
): Promise<readonly string[]> {
  // A part is one of the whole repository: what was read for one snapshot was read for all.
  if (slice?.beside !== undefined) return absentIn(place, known);
  const part = slice === undefined ? '--read-data' : `--read-data-subset=${slice.n + 1}/${slice.of}`;
  const checked = await place.restic.attempt(level === 'content' ? ['check', part] : ['check'], {
    signal: tools.signal,
  });
  if (checked.exit === 'done') return absentIn(place, known);
  if (checked.exit !== 'failed') throw place.restic.failure('restic check', checked);
  for (const { message } of checked.errors.slice(0, MOST_TOLD)) tools.say(`restic check: ${message}`);
  return unrestorable(place, known, tools);
}

async function unrestorable(place: Place, known: Known, tools: Tools): Promise<readonly string[]> {
  const absent = await absentIn(place, known);
  if (absent.includes('entries.jsonl')) return absent;
  const entries = await entriesIn(place, known);
  const located = entries.flatMap(({ path, type }) => {
    const at = type === 'file' ? placeOf(path, known.facts.roots) : undefined;
    return at === undefined ? [] : [{ path, at }];
  });
  const list = fromText(known.facts.list);
  const found = await restored(place, known.resticId, undefined, tools.signal, ({ damage }) => [
    ...(damage(list) === undefined ? [] : ['entries.jsonl']),
    ...located.filter(({ at }) => damage(at) !== undefined).map(({ path }) => `${DATA}/${shown(path)}`),
  ]);
  return [...absent, ...found];
}
