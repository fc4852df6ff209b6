// Mends the list of entries with that of the same state in another target: written anew line by line, and known by its digest.
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import { fromText, joined, toPath } from '../byte-text.ts';
import type { Engine, Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Bench } from './bench.ts';
import { encodeEntry } from './entries-file.ts';
import type { Held } from './hold.ts';
import { ENTRIES, TAG_MANIFEST } from './layout.ts';
import { LineFile } from './line-file.ts';
import { digestOfTag, parseTagManifest, readTag, sha256 } from './tags.ts';

/** Says where it came from; undefined: it is whole, or nobody has it. */
export async function healEntries(
  { folder, anchor }: Held,
  snapshot: Snapshot,
  others: readonly Engine[],
  bench: Bench,
  tools: Tools,
): Promise<string | undefined> {
  const manifest = readTag(folder, TAG_MANIFEST);
  if (manifest === null || sha256(manifest) !== anchor) return undefined; // nobody knows what it was
  const wanted = parseTagManifest(manifest.toString('latin1'))?.get(ENTRIES);
  if (wanted === undefined || digestOfTag(folder, ENTRIES) === wanted) return undefined;
  for (const engine of others) {
    for (const other of await alikeIn(engine, snapshot, tools)) {
      tools.signal.throwIfAborted();
      const made = bench.free();
      if ((await written(engine, other, String(toPath(made)), tools)) === wanted) {
        bench.put(made, joined(fromText(folder), fromText(ENTRIES)));
        return `${other.id} in ${engine.name}`;
      }
      rmSync(toPath(made), { force: true });
    }
  }
  return undefined;
}

/** Those that may have the same list, the nearest in time first. */
async function alikeIn(
  engine: Engine,
  { policy, files, bytes, startedAt }: Snapshot,
  tools: Tools,
): Promise<Snapshot[]> {
  try {
    const { snapshots } = await engine.list(policy);
    const distance = (one: Snapshot): number => Math.abs(one.startedAt - startedAt);
    return snapshots
      .filter((one) => one.files === files && one.bytes === bytes)
      .toSorted((one, other) => distance(one) - distance(other));
  } catch (error) {
    tools.say(`${engine.name} is no help in healing: ${(error as Error).message}`);
    return [];
  }
}

/** Its digest; undefined: that snapshot cannot be read. */
async function written(engine: Engine, snapshot: Snapshot, to: string, tools: Tools): Promise<string | undefined> {
  const file = new LineFile(to, 'utf8');
  try {
    for await (const entry of engine.entries(snapshot)) file.add(encodeEntry(entry));
  } catch (error) {
    file.abandon();
    tools.say(`${snapshot.id} in ${engine.name} is no help in healing: ${(error as Error).message}`);
    return undefined;
  }
  const digest = file.close();
  const handle = openSync(to, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return digest;
}
