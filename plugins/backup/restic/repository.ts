// The snapshots of a repository as Realm knows them, and how what is known of one is changed.
import { isDeepStrictEqual } from 'node:util';
import { RealmError } from 'realm-runner/plugin';
import type { Listing } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Restic } from './command.ts';
import { decodeTags, encodeTags, type Facts, OURS, policyTag } from './tags.ts';

/** A snapshot of ours, under the name restic gives it at the moment. */
export interface Known {
  readonly resticId: string;
  readonly host: string;
  readonly facts: Facts;
}

export interface Census {
  /** Oldest first: each uid once, also what lies in the trash or was never committed. */
  readonly known: readonly Known[];
  /** Copies that a crash left behind: what replaced them is in `known`. */
  readonly stale: readonly string[];
  readonly unreadable: Listing['unreadable'];
}

interface Told {
  readonly id: string;
  readonly hostname: string;
  readonly tags?: readonly string[];
}

/** Throws when restic does not answer with a list; what it says must be whole, or fewer would be seen than there are. */
export async function census(restic: Restic, policy: string | undefined): Promise<Census> {
  const filter = policy === undefined ? OURS : `${OURS},${policyTag(policy)}`;
  const lines: string[] = [];
  // Without a lock: listing works during a long prune, and takes a fifth of the time.
  await restic.run(['snapshots', '--json', '--no-lock', '--tag', filter], { line: (line) => void lines.push(line) });
  const told = listIn(lines, restic.name);
  const unreadable: { path: string; why: string }[] = [];
  const newest = new Map<string, Known>();
  const stale: string[] = [];
  for (const { id, hostname, tags } of told) {
    let facts: Facts | undefined;
    try {
      facts = decodeTags(tags ?? []);
    } catch (error) {
      unreadable.push({ path: `${restic.name}#${id}`, why: (error as Error).message });
    }
    if (facts === undefined) continue;
    const before = newest.get(facts.uid);
    const isOlder = before !== undefined && before.facts.revision >= facts.revision;
    if (isOlder) stale.push(id);
    else if (before !== undefined) stale.push(before.resticId);
    if (!isOlder) newest.set(facts.uid, { resticId: id, host: hostname, facts });
  }
  const known = [...newest.values()].toSorted(
    (one, other) => one.facts.startedAt - other.facts.startedAt || (one.facts.uid < other.facts.uid ? -1 : 1),
  );
  return { known, stale, unreadable };
}

/** Other lines may stand before the list, and `null` stands for an empty one. */
function listIn(lines: readonly string[], name: string): readonly Told[] {
  const text = lines.findLast((line) => /^\s*(\[|null)/.test(line));
  try {
    const list = JSON.parse(text ?? '') as readonly Told[] | null;
    if (list === null) return [];
    if (list.every((one) => typeof one?.id === 'string')) return list;
  } catch {
    // told below
  }
  throw new RealmError('BACKUP_TARGET_UNREADABLE', `restic did not answer with a list of what is in ${name}`);
}

export const isCommitted = ({ facts }: Known): boolean => facts.status !== undefined && facts.trash === undefined;

export function snapshotOf({ resticId, host, facts }: Known, name: string): Snapshot {
  const { revision: _revision, list: _list, trash: _trash, status, ...own } = facts;
  return {
    ...own,
    id: `${facts.policy}/${facts.label}`,
    status: status ?? 'partial',
    anchor: resticId,
    path: `${name}#${resticId.slice(0, 8)}`,
    host,
  };
}

/** Throws BACKUP_UNKNOWN when it is no longer there. */
export async function find(restic: Restic, snapshot: Snapshot): Promise<Known> {
  const { known } = await census(restic, snapshot.policy);
  const found = known.find(({ facts }) => facts.uid === snapshot.uid);
  if (found !== undefined) return found;
  throw new RealmError('BACKUP_UNKNOWN', `${snapshot.id} is not in ${restic.name}`, {
    hint: '`realm backup list` shows what there is',
  });
}

/** So often somebody else may change the same snapshot at the same time. */
const MOST_TRIES = 5;

/**
 * Restic writes a new snapshot of the same content and then removes the old one. Where nothing may be removed, as in a
 * repository that is only added to, that fails, and the new one counts all the same. Of a snapshot that is no longer there
 * it says that all went well: so it is looked at afterwards, and changed anew where somebody else was faster.
 */
export async function rewrite(restic: Restic, known: Known, change: (facts: Facts) => Facts): Promise<Known> {
  const { uid, policy } = known.facts;
  let before = known;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const tags = encodeTags({ ...change(before.facts), revision: before.facts.revision + 1 });
    const ended = await restic.attempt(['tag', ...tags.flatMap((tag) => ['--set', tag]), before.resticId]);
    const now = (await census(restic, policy)).known.find((one) => one.facts.uid === uid);
    if (now === undefined) throw new RealmError('BACKUP_UNKNOWN', `${uid} is no longer in ${restic.name}`);
    if (isDeepStrictEqual(now.facts, decodeTags(tags))) return now;
    if (ended.exit !== 'done' && now.resticId === before.resticId) throw restic.failure('restic tag', ended);
    before = now;
  }
  throw new RealmError('BACKUP_BUSY', `others change ${policy}/${known.facts.label} in ${restic.name} all the time`);
}

/** The label, or `.2`, `.3`, … when there is one of that name. */
export function freeLabel(label: string, taken: readonly string[]): string {
  const plain = label.replace(/\.\d+$/, '');
  let free = label;
  for (let number = 2; taken.includes(free); number += 1) free = `${plain}.${number}`;
  return free;
}
