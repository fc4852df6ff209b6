// What files and folders look like, by their content, without reading what has not changed since it was read.
import { createHash, type Hash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

/** Of each watched path what stands there; null: nothing, or nothing that can be read. */
export type Prints = Readonly<Record<string, string | null>>;

/** Others make these, at any time, and a service reads them when it starts if at all. */
const LEFT_OUT = new Set(['node_modules', '.git', '.realm', '__pycache__', '.venv']);
/** Beyond that a folder is no longer looked at in full. */
const MOST_ENTRIES = 5_000;
/** Of larger files size and time have to do. */
const MOST_READ_BYTES = 1024 * 1024;
/** Work between two rests: a millisecond or two, in which an entry counts as much as so many bytes that are read. */
const PACE = 250;
const ENTRY_BYTES = 16_384;
/** Two writes within one tick of a filesystem's clock leave the same times; no such tick is longer. */
const TICK_MS = 2_000;

/** A file as it was read. */
interface Read {
  readonly stamp: string;
  /** When it was first seen with this stamp, by the machine's clock that nobody sets. */
  readonly seenAt: number;
  /** It was read again a tick later: whatever is written from now on has another stamp. */
  readonly isFirm: boolean;
  readonly digest: string;
}
type Memory = Map<string, Read>;

/** By watched path. Each walk leaves a new one, and so forgets what is gone. */
const memories = new Map<string, Memory>();

/** `at`: ms since the machine started, real also where the realm's own time is not, since that of files is. */
export const printsOf = (paths: readonly string[], at?: number): Prints =>
  Object.fromEntries(paths.map((path) => [path, drain(printing(path, at))]));

function drain<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Frees the memory of all other paths: nobody watches them any more. */
export function rememberOnly(paths: ReadonlySet<string>): void {
  for (const path of memories.keys()) if (!paths.has(path)) memories.delete(path);
}

/** A file by its content, so that saving it unchanged is no change; a folder by all that is in it. Yields for a rest. */
export function* printing(path: string, at = uptime() * 1_000): Generator<void, string | null> {
  const walk: Walk = {
    hash: createHash('sha256'),
    left: MOST_ENTRIES,
    work: 0,
    at,
    now: new Map(),
    before: memories.get(path),
  };
  try {
    yield* addEntry(realpathSync(path), walk);
  } catch {
    memories.delete(path);
    return null; // taken away, or not ours to read
  }
  memories.set(path, walk.now);
  return walk.hash.digest('hex').slice(0, 16);
}

interface Walk {
  readonly hash: Hash;
  left: number;
  work: number;
  readonly at: number;
  readonly now: Memory;
  readonly before: Memory | undefined;
}

function* addEntry(path: string, walk: Walk): Generator<void, void> {
  const found = lstatSync(path);
  if (walk.left-- <= 0) return;
  if (++walk.work >= PACE) {
    walk.work = 0;
    yield;
  }
  if (found.isSymbolicLink()) walk.hash.update(`link ${readlinkSync(path)}\n`);
  else if (found.isFile() && found.size <= MOST_READ_BYTES) walk.hash.update(`file ${digestOf(path, found, walk)}\n`);
  else if (!found.isDirectory()) walk.hash.update(`file ${found.size} ${found.mtimeMs}\n`);
  else {
    for (const name of readdirSync(path).sort()) {
      if (LEFT_OUT.has(name)) continue;
      walk.hash.update(`\n${name}: `);
      yield* addEntry(join(path, name), walk);
    }
  }
}

/** Whoever writes to a file moves its ctime, which nobody can set; a file of that name with other content is another inode. */
function digestOf(path: string, { dev, ino, size, mtimeMs, ctimeMs }: Stats, walk: Walk): string {
  const stamp = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  const before = walk.before?.get(path);
  const same = before?.stamp === stamp ? before : undefined;
  if (same?.isFirm === true) {
    walk.now.set(path, same);
    return same.digest;
  }
  walk.work += size / ENTRY_BYTES;
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  const seenAt = same?.seenAt ?? walk.at;
  walk.now.set(path, { stamp, seenAt, isFirm: walk.at - seenAt > TICK_MS, digest });
  return digest;
}
