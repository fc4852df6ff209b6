// Hands restic the names of what is to be saved, and hears how it went.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { shown, toBytes } from '../byte-text.ts';
import type { Tools, Trouble } from '../engine.ts';
import { encodeEntry } from '../tree/entries-file.ts';
import type { Found } from '../tree/walk.ts';
import { jsonOf } from './json.ts';
import type { Place } from './place.ts';
import type { Known } from './repository.ts';
import { entriesOf, mangled, targetsOf } from './sources.ts';
import { encodeTags, type Facts } from './tags.ts';

export interface Saved {
  readonly addedBytes: number;
  readonly unchangedFiles: number;
  /** By the path that restic shows: why it could not be read. */
  readonly errors: ReadonlyMap<string, string>;
}

interface What {
  /** Ours, for the time of the run. */
  readonly folder: string;
  readonly found: readonly Found[];
  readonly facts: Facts;
  readonly parent: Known | undefined;
  readonly host: string;
}

export async function save({ restic }: Place, what: What, tools: Tools): Promise<Saved> {
  let summary: Record<string, unknown> = {};
  const line = (text: string): void => {
    const json = jsonOf(text);
    if (json?.['message_type'] === 'summary') summary = json;
    if (json?.['message_type'] !== 'status') return;
    const said = (key: string): number => Number(json[key] ?? 0);
    const [done, total] = [said('files_done'), said('total_files')];
    tools.progress({ phase: 'copy', done, total, bytes: said('bytes_done'), totalBytes: said('total_bytes') });
  };
  const args = prepared(what);
  tools.step('backup.save:before');
  const ended = await restic.attempt(args, { signal: tools.signal, line });
  if (ended.exit !== 'done' && ended.exit !== 'partial') throw restic.failure('restic backup', ended);
  tools.step('backup.save:after');
  const errors = ended.errors.flatMap(({ item, message }) => (item === undefined ? [] : [[item, message] as const]));
  return {
    addedBytes: Number(summary['data_added'] ?? 0),
    unchangedFiles: Number(summary['files_unmodified'] ?? 0),
    errors: new Map(errors),
  };
}

/** Names are handed over in a file, between NULs: nothing in a name can be taken for something else. */
function prepared({ folder, found, facts, parent, host }: What): readonly string[] {
  const entries = entriesOf(found).map((entry) => `${encodeEntry(entry)}\n`);
  writeFileSync(facts.list, entries.join(''));
  const targets = [...targetsOf(found).map(toBytes), Buffer.from(facts.list)];
  const names = join(folder, 'names');
  writeFileSync(names, Buffer.concat(targets.flatMap((target) => [target, Buffer.of(0)])));
  const time = new Date(facts.startedAt).toISOString().slice(0, 19).replace('T', ' ');
  const fixed = ['backup', '--json', '--files-from-raw', names, '--host', host, '--time', time];
  const tags = encodeTags(facts).flatMap((tag) => ['--tag', tag]);
  return [...fixed, ...tags, ...(parent === undefined ? [] : ['--parent', parent.resticId])];
}

/** What the walk found and restic did not save. */
export function lost(found: readonly Found[], kept: ReadonlySet<string>, errors: Saved['errors']): readonly Trouble[] {
  return found.flatMap(({ path, from }): Trouble[] => {
    if (kept.has(path)) return [];
    const why = errors.get(mangled(from));
    const what = why === undefined ? 'vanished' : 'unreadable';
    return [{ path: shown(path), what, why: why ?? 'it was gone when restic came to it' }];
  });
}
