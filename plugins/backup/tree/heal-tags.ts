// Mends the tag files of a snapshot from what is known of them elsewhere; each is known to be right by its digest.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromText, joined, shown, toPath } from '../byte-text.ts';
import type { Bench } from './bench.ts';
import { readEntries } from './entries-file.ts';
import type { Held } from './hold.ts';
import type { Finding } from './inspect.ts';
import { DATA, ENTRIES, MANIFEST, TAG_MANIFEST } from './layout.ts';
import { manifestLine } from './seal.ts';
import { digestOfTag, inspectTags, parseTagManifest, readTag, sha256, tagManifest, TAGS } from './tags.ts';
import { homesIn } from './twins.ts';

interface Done {
  readonly path: string;
  readonly from: string;
}

/** What it could mend. Names that do not belong there are put aside. The rest is as it was. */
export function healTags(target: string, held: Held, bench: Bench): readonly Done[] {
  const done: Done[] = [];
  const { folder, anchor } = held;
  const mend = (finding: Finding): void => {
    const name = shown(finding.path);
    const place = joined(fromText(folder), finding.path);
    if (finding.what === 'extra') {
      bench.setAside(place);
      bench.takeAway(place);
      return void done.push({ path: name, from: 'quarantine' });
    }
    const found = name === TAG_MANIFEST ? rebuilt(held) : madeAgain(target, name, held);
    if (found === undefined) return;
    const made = bench.free();
    writeFileSync(toPath(made), found.bytes, { mode: 0o444, flush: true });
    bench.put(made, place);
    done.push({ path: name, from: found.from });
  };
  const isTag = ({ path }: Finding): boolean => !path.startsWith(DATA);
  // The tag manifest first: the others are judged by it. The entries before the manifest that is made of them.
  const order = [TAG_MANIFEST, ENTRIES];
  const rank = ({ path }: Finding): number => (order.includes(path) ? order.indexOf(path) : order.length);
  for (let before = -1; before < done.length;) {
    before = done.length; // what is damaged may show only when the tag manifest is right again
    const findings = inspectTags(folder, anchor).filter(isTag);
    for (const finding of findings.sort((one, other) => rank(one) - rank(other))) mend(finding);
  }
  return done;
}

interface Found {
  readonly bytes: Buffer;
  readonly from: string;
}

/** From the digests of the files that it lists, as they are or as they must have been: it is right when the anchor is met. */
function rebuilt({ folder, anchor, learnt }: Held): Found | undefined {
  const digests = new Map(TAGS.map((name) => [name, digestOfTag(folder, name) ?? '']));
  const attempts: (() => void)[] = [
    () => {},
    () => Object.entries(learnt.seal?.tags ?? {}).forEach(([name, text]) => digests.set(name, sha256(text))),
    () => digests.set(MANIFEST, sha256(manifestOf(folder) ?? '')),
  ];
  for (const attempt of attempts) {
    attempt();
    const text = tagManifest(digests);
    if (sha256(text) === anchor) return { bytes: Buffer.from(text), from: 'the files that it lists' };
  }
  return undefined;
}

/** From the notes, from the entries, or from another snapshot that has the very same file. */
function madeAgain(target: string, name: string, { folder, learnt, anchor }: Held): Found | undefined {
  const manifest = readTag(folder, TAG_MANIFEST);
  if (manifest === null || sha256(manifest) !== anchor) return undefined;
  const digest = parseTagManifest(manifest.toString('latin1'))?.get(name);
  const kept = learnt.seal?.tags[name];
  if (kept !== undefined && sha256(kept) === digest) return { bytes: Buffer.from(kept), from: 'the notes beside it' };
  if (name === MANIFEST) {
    const bytes = manifestOf(folder);
    if (bytes !== undefined && sha256(bytes) === digest) return { bytes, from: ENTRIES };
  }
  for (const home of homesIn(target)) {
    if (home.folder !== folder && digestOfTag(home.folder, name) === digest) {
      return { bytes: readFileSync(join(home.folder, name)), from: home.id };
    }
  }
  return undefined;
}

function manifestOf(folder: string): Buffer | undefined {
  const lines: string[] = [];
  try {
    for (const { path, type, sha256: digest } of readEntries(join(folder, ENTRIES))) {
      if (type === 'file') lines.push(`${manifestLine(digest!, path)}\n`);
    }
  } catch {
    return undefined; // the entries are damaged too
  }
  return Buffer.from(lines.join(''), 'latin1');
}
