// Finds in a target, trash included, where the same content lies: to heal from, or damaged with it because it is one inode.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteText, fromText, joined } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import { decodeEntry, linesOf } from './entries-file.ts';
import { DATA, ENTRIES, isHidden } from './layout.ts';
import { listPolicy } from './list.ts';
import { trashed } from './trash.ts';

interface Home {
  readonly id: string;
  readonly uid: string;
  readonly folder: string;
}
/** A name for some content. */
export interface Twin {
  readonly home: Home;
  readonly entry: Entry;
  /** Absolute. */
  readonly place: ByteText;
}

/** By digest. What cannot be read is passed over: it is no help, and will be named when its own turn comes. */
export function twinsOf(target: string, digests: ReadonlySet<string>): ReadonlyMap<string, readonly Twin[]> {
  const twins = new Map<string, Twin[]>();
  for (const home of homesIn(target)) {
    try {
      for (const twin of twinsIn(home, digests)) {
        const { sha256 = '' } = twin.entry;
        const all = twins.get(sha256);
        if (all === undefined) twins.set(sha256, [twin]);
        else all.push(twin);
      }
    } catch {
      // damaged from there on
    }
  }
  return twins;
}

export function homesIn(target: string): readonly Home[] {
  const policies = readdirSync(target, { withFileTypes: true })
    .filter((one) => one.isDirectory() && !isHidden(one.name))
    .map(({ name }) => name);
  return [...policies.flatMap((policy) => homesOf(target, policy)), ...trashed(target).map(asHome)];
}

function homesOf(target: string, policy: string): readonly Home[] {
  try {
    return listPolicy(target, policy).snapshots.map(({ id, uid, path }) => ({ id, uid, folder: path }));
  } catch {
    return []; // a person's own folder that we may not read
  }
}

const asHome = ({ uid, policy, label, folder }: ReturnType<typeof trashed>[number]): Home => ({
  id: `${policy}/${label}`,
  uid,
  folder,
});

function* twinsIn(home: Home, digests: ReadonlySet<string>): Generator<Twin> {
  const data = joined(fromText(home.folder), fromText(DATA));
  for (const line of linesOf(join(home.folder, ENTRIES))) {
    if (!digests.has(digestIn(line))) continue;
    const entry = decodeEntry(line);
    if (entry.sha256 !== undefined && digests.has(entry.sha256)) yield { home, entry, place: joined(data, entry.path) };
  }
}

const KEY = '"h":"';

/** Without parsing the line; in a name the key would have its quotes escaped. */
function digestIn(line: string): string {
  const at = line.indexOf(KEY);
  return at < 0 ? '' : line.slice(at + KEY.length, at + KEY.length + 64);
}
