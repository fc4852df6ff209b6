// Verifies a snapshot by its sources, and keeps with it what was found: the level between reading it again and a drill.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ByteText, fromText } from './byte-text.ts';
import { digestOf, UNREADABLE } from './difference.ts';
import type { Tools } from './engine.ts';
import type { Entry } from './entry.ts';
import type { Kept } from './find.ts';
import type { Policy } from './policy.ts';
import { scratchFor, sweepScratch } from './restic/scratch.ts';
import type { Verification } from './snapshot.ts';
import { type Digests, lookAtSources, type SourceLook } from './source-look.ts';
import { messageOf } from './words.ts';

/** Of what keeps no digests so many files and bytes, drawn by chance, are taken out and compared. */
const SAMPLE_FILES = 500;
const SAMPLE_BYTES = 256 * 1024 * 1024;
const MOST_NAMED = 20;

export interface SourceVerified {
  readonly verification: Verification;
  readonly look: SourceLook;
}

/** `scratch`: a folder for what is taken out of a repository; nothing stays in it. */
export async function verifySource(
  { engine, snapshot }: Kept,
  policy: Policy,
  scratch: string,
  tools: Tools,
): Promise<SourceVerified> {
  const digests: Digests = (entries) => sampled({ engine, snapshot }, entries, scratch, tools);
  const look = await lookAtSources(snapshot, engine.entries(snapshot), policy, digests, tools);
  const { counts, named, sameBytes, unreadBytes } = look;
  const isLacking = counts.lacking > policy.tolerate;
  const bad = named.filter(({ is }) => is === 'differs' || (isLacking && is === 'lacking'));
  const verification: Verification = {
    level: 'source',
    at: tools.now(),
    isGood: bad.length === 0,
    coverage: unreadBytes === 0 ? 1 : sameBytes / (sameBytes + unreadBytes),
    damaged: bad.slice(0, MOST_NAMED).map(({ path }) => path),
  };
  try {
    await engine.note(snapshot, verification);
  } catch (error) {
    tools.signal.throwIfAborted();
    tools.say(`what was learnt of ${snapshot.id} cannot be kept beside it: ${messageOf(error)}`);
  }
  return { verification, look };
}

async function sampled(
  { engine, snapshot }: Kept,
  entries: readonly Entry[],
  scratch: string,
  tools: Tools,
): Promise<ReadonlyMap<ByteText, string>> {
  sweepScratch(scratch, tools.now());
  const folder = scratchFor(scratch, 'source');
  try {
    const wanted = drawn(entries, tools).map((entry, index) => ({ entry, to: join(folder, String(index)) }));
    const { damaged } = await engine.extract(snapshot, wanted, tools);
    for (const { why } of damaged) tools.say(`${snapshot.id} is not as it was saved: ${why}`);
    const digests = new Map<ByteText, string>();
    for (const { entry, to } of wanted) {
      const digest = await digestOf({ from: fromText(to) });
      if (digest !== UNREADABLE) digests.set(entry.path, digest);
    }
    return digests;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function drawn(entries: readonly Entry[], tools: Tools): readonly Entry[] {
  let bytes = 0;
  const inAnyOrder = entries.map((entry) => ({ entry, turn: tools.random() })).toSorted((a, b) => a.turn - b.turn);
  return inAnyOrder
    .slice(0, SAMPLE_FILES)
    .map(({ entry }) => entry)
    .filter(({ size }) => (bytes += size) <= SAMPLE_BYTES || bytes === size);
}
