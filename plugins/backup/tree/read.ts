// What is in a snapshot: its entries, and the content of its files.
import { nextTurn, RealmError } from 'realm-runner/plugin';
import { type ByteText, fromBytes, fromText, joined, shown } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Copy } from './copy-out.ts';
import { decodeEntry, linesOf, readEntries } from './entries-file.ts';
import { hold, noteOrSay } from './hold.ts';
import { DATA, ENTRIES } from './layout.ts';
import { readers } from './readers.ts';
import { inspectTags } from './tags.ts';

/** Throws BACKUP_DAMAGED when the list is not as it was written. */
export async function* entriesOf(target: string, snapshot: Snapshot, holding?: string): AsyncGenerator<Entry> {
  const { folder, anchor } = hold(target, snapshot);
  const list = inspectTags(folder, anchor).find(({ path }) => path === ENTRIES);
  if (list !== undefined) {
    throw new RealmError('BACKUP_DAMAGED', `${snapshot.id}: ${ENTRIES} is damaged: ${list.why}`, {
      hint: 'take another snapshot: an older one, or the same from another target',
    });
  }
  const file = `${folder}/${ENTRIES}`;
  if (holding === undefined) yield* readEntries(file);
  else yield* linesHolding(file, holding);
}

/** Whoever asks may be the daemon, whose other work goes on in between. */
const LINES_AT_ONCE = 2_000;

/** Without decoding the others; a name that is not written as it is shown is decoded in any case. */
async function* linesHolding(file: string, text: string): AsyncGenerator<Entry> {
  let count = 0;
  for (const line of linesOf(file)) {
    if ((count += 1) % LINES_AT_ONCE === 0) await nextTurn();
    if (line.includes(text) || line.includes('\\') || line.includes('"pb64"')) yield decodeEntry(line);
  }
}

interface Wanted {
  readonly entry: Entry;
  readonly to: string | Buffer;
}
interface Damaged {
  readonly path: ByteText;
  readonly why: string;
}

const PORTION_FILES = 128;
const PORTION_BYTES = 8 << 20;
/** Threads are worth their start beyond these. */
const LARGE_FILES = 5_000;
const LARGE_BYTES = 64 << 20;

/** Throws when something cannot be written. What of the snapshot cannot be read is answered, and noted. */
export async function extract(
  target: string,
  snapshot: Snapshot,
  wanted: readonly Wanted[],
  tools: Tools,
): Promise<{ damaged: readonly Damaged[] }> {
  const held = hold(target, snapshot);
  const data = joined(fromText(held.folder), fromText(DATA));
  const total = wanted.reduce((sum, { entry }) => sum + entry.size, 0);
  const threads = readers(wanted.length > LARGE_FILES || total > LARGE_BYTES);
  const damaged: Damaged[] = [];
  const running = new Set<Promise<void>>();
  let done = 0;
  try {
    for (const files of portions(wanted, data, Math.ceil(total / (threads.count * 4)))) {
      tools.signal.throwIfAborted();
      const one = threads.run({ do: 'copy', files }).then((copied) => {
        running.delete(one);
        done += copied.bytes;
        damaged.push(
          ...copied.damaged.map(({ from, why }) => ({ path: from.slice(data.length + 1) as ByteText, why })),
        );
        tools.progress({ phase: 'extract', bytes: done, totalBytes: total });
      });
      running.add(one);
      if (running.size >= threads.count * 2) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
    await threads.close();
  }
  if (damaged.length > 0) {
    held.stillThere();
    const paths = damaged.map(({ path }) => shown(joined(fromText(DATA), path)));
    const known = [...new Set([...held.learnt.damaged, ...paths])];
    noteOrSay(target, snapshot.uid, [{ note: 'damaged', at: tools.now(), paths: known }], tools);
  }
  return { damaged };
}

function* portions(wanted: readonly Wanted[], data: ByteText, share: number): Generator<Copy[]> {
  const most = Math.min(PORTION_BYTES, Math.max(share, 1));
  let portion: Copy[] = [];
  let bytes = 0;
  for (const { entry, to } of wanted) {
    if (entry.type !== 'file') continue;
    const place = typeof to === 'string' ? fromText(to) : fromBytes(to);
    portion.push({ from: joined(data, entry.path), to: place, sha256: entry.sha256! });
    bytes += entry.size;
    if (portion.length < PORTION_FILES && bytes < most) continue;
    yield portion;
    portion = [];
    bytes = 0;
  }
  if (portion.length > 0) yield portion;
}
