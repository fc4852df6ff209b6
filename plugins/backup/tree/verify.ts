// Verifies a snapshot, and keeps beside it what was found.
import { shown } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Snapshot, Verification } from '../snapshot.ts';
import { check, type Checked, type Look } from './check.ts';
import { folderOf, hold, type Held, noteOrSay } from './hold.ts';
import type { Finding } from './inspect.ts';
import { DATA } from './layout.ts';
import type { Note, Slice } from './notes.ts';
import { readTag, SMALL_TAGS } from './tags.ts';

const MOST_NAMED = 20;
/** More than these are one disaster, and need no list. */
const MOST_KEPT = 5_000;

export async function verify(
  target: string,
  snapshot: Snapshot,
  level: Look['level'],
  tools: Tools,
  asked?: Slice & { readonly beside?: Snapshot | undefined },
): Promise<Verification> {
  const slice = asked === undefined ? undefined : { n: asked.n, of: asked.of };
  const beside = asked?.beside === undefined ? undefined : folderOf(target, asked.beside);
  const held = hold(target, snapshot);
  for (const line of held.learnt.badLines) tools.say(`${snapshot.id}: line ${line} of its notes cannot be read`);
  const of = { ...snapshot, path: held.folder };
  const checked = await check(of, { level, slice, beside, anchor: held.anchor }, tools).finally(held.stillThere);
  for (const { path, why } of checked.findings.slice(0, MOST_NAMED))
    tools.say(`${snapshot.id}: ${shown(path)}: ${why}`);
  const damaged = checked.findings.map(({ path }) => shown(path));
  const verification: Verification = {
    level,
    at: tools.now(),
    isGood: damaged.length === 0,
    coverage: coverageOf(level, checked, slice),
    damaged: damaged.slice(0, MOST_NAMED),
  };
  const isWhole = level === 'content' && slice === undefined;
  noteOrSay(
    target,
    snapshot.uid,
    [
      ...sealing(held, checked.findings),
      { note: 'verified', ...verification, ...(slice !== undefined && { slice }) },
      ...damage(held, damaged, isWhole, verification.at),
    ],
    tools,
  );
  return verification;
}

/** A level that reads no bytes covers everything it looks at. */
function coverageOf(level: Look['level'], { bytes, readBytes, findings }: Checked, slice: Slice | undefined): number {
  if (level !== 'content') return 1;
  if (slice === undefined) return bytes === readBytes || findings.length === 0 ? 1 : readBytes / bytes || 0;
  return readBytes > 0 ? readBytes / bytes : 1 / slice.of;
}

/** The first time that all tag files are found well. */
function sealing({ folder, learnt, anchor }: Held, findings: readonly Finding[]): Note[] {
  if (learnt.seal !== undefined || findings.some(({ path }) => !path.startsWith(DATA))) return [];
  return [sealOf(folder, anchor)];
}

/** What is kept of a snapshot beside it, so that damage of its own tag files can be told and healed. */
export const sealOf = (folder: string, anchor: string): Note => ({
  note: 'sealed',
  anchor,
  tags: Object.fromEntries(SMALL_TAGS.map((name) => [name, readTag(folder, name)?.toString('utf8') ?? ''])),
});

/** Only whoever read everything may say that something is well again. */
function damage({ learnt }: Held, found: readonly string[], isWhole: boolean, at: number): Note[] {
  const now = new Set(isWhole ? found : [...learnt.damaged, ...found]);
  const isSame = now.size === learnt.damaged.length && learnt.damaged.every((path) => now.has(path));
  return isSame ? [] : [{ note: 'damaged', at, paths: [...now].slice(0, MOST_KEPT) }];
}
