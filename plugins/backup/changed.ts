// Which watched files are not as a snapshot has them: what an on-change policy asks of the world.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { nextTurn, type Context, RealmError } from 'realm-runner/plugin';
import { type ByteText, shown, toPath } from './byte-text.ts';
import type { Entry } from './entry.ts';
import type { Policy, Root } from './policy.ts';
import { below as inside, type Rule, ruleOf } from './tree/globs.ts';
import { type Found, walk } from './tree/walk.ts';

/** A larger one is taken for changed when its times are: reading it would take longer than a look may. */
const READ_MOST = 16 * 1024 * 1024;
/** Whoever asks may be the daemon, whose other work goes on in between. */
const AT_ONCE = 500;

/**
 * What is watched, for people, in the order of its bytes: new, changed and gone since a snapshot with these entries. A file
 * that was only touched is no change. Where they cannot be read as they were written, everything is one.
 */
export async function changedSince(
  { watched, never }: Pick<Policy, 'watched' | 'never'>,
  entries: AsyncIterable<Entry>,
  ctx: Pick<Context, 'signal' | 'now'>,
): Promise<readonly string[]> {
  const saved = await savedIn(entries, below(watched));
  const changes: string[] = [];
  let count = 0;
  for (const found of walk({ roots: watched, never, trouble: () => {} })) {
    if ((count += 1) % AT_ONCE === 0) await nextTurn();
    ctx.signal.throwIfAborted();
    if (found.type === 'folder') continue;
    const entry = saved.get(found.path);
    saved.delete(found.path);
    if (entry === undefined || (await differs(found, entry, ctx.now()))) changes.push(shown(found.path));
  }
  return [...changes, ...[...saved.values()].map(({ path }) => shown(path))].toSorted();
}

async function savedIn(
  entries: AsyncIterable<Entry>,
  isWatched: (path: ByteText) => boolean,
): Promise<Map<string, Entry>> {
  const saved = new Map<string, Entry>();
  let count = 0;
  try {
    for await (const entry of entries) {
      if ((count += 1) % AT_ONCE === 0) await nextTurn();
      if (entry.type !== 'folder' && isWatched(entry.path)) saved.set(entry.path, entry);
    }
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'BACKUP_DAMAGED') throw error;
    saved.clear();
  }
  return saved;
}

/** Whether a walk of these roots would meet this path of a snapshot. */
function below(roots: readonly Root[]): (path: ByteText) => boolean {
  const tests = roots.map((root) => {
    const rule = ruleOf(root);
    return (path: ByteText): boolean => {
      if (path === root.as) return rule.isIn;
      const start = root.as === '' ? '' : `${root.as}/`;
      if (!path.startsWith(start)) return false;
      const names = path.slice(start.length).split('/') as ByteText[];
      return names.reduce<readonly Rule[]>(inside, [rule]).some(({ isIn }) => isIn);
    };
  });
  return (path) => tests.some((isIn) => isIn(path));
}

async function differs(found: Found, entry: Entry, now: number): Promise<boolean> {
  if (found.type !== entry.type) return true;
  if (found.type === 'link') return found.target !== entry.target;
  if (found.size !== entry.size || found.mode !== entry.mode) return true;
  if (found.mtimeNs === entry.mtimeNs && found.ctimeNs === entry.ctimeNs && entry.isRacy !== true) return false;
  if (entry.sha256 === undefined || found.size > READ_MOST) return true;
  try {
    return (await digestOf(found, now)) !== entry.sha256;
  } catch {
    return true; // gone or locked meanwhile: the run says more
  }
}

/** Of files that were read before, by their path: what was only touched is read once, and not at each look for ever. */
const known = new Map<string, { readonly times: string; readonly sha256: string }>();
const MOST_KNOWN = 100_000;
/** A change so shortly before it is read may not show in the times of a file. */
const RACY_NS = 2_000_000_000n;

async function digestOf({ from, size, inode, device, mtimeNs, ctimeNs }: Found, now: number): Promise<string> {
  const times = `${size} ${inode} ${device} ${mtimeNs} ${ctimeNs}`;
  const before = known.get(from);
  if (before?.times === times) return before.sha256;
  const sha256 = createHash('sha256')
    .update(await readFile(toPath(from)))
    .digest('hex');
  const isOld = [mtimeNs, ctimeNs].every((at) => BigInt(at) < BigInt(now) * 1_000_000n - RACY_NS);
  if (isOld) {
    if (known.size >= MOST_KNOWN) known.delete(known.keys().next().value!);
    known.set(from, { times, sha256 });
  }
  return sha256;
}
