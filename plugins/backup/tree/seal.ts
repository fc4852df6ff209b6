// The tag files of a snapshot: those of a BagIt 1.0 bag, and manifests that `sha256sum -c` understands.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteText } from '../byte-text.ts';
import { BAG, BAG_INFO, DATA, ENTRIES, MANIFEST, RECORD, TAG_MANIFEST } from './layout.ts';
import { encodeRecord, type SnapshotRecord } from './record.ts';
import { sha256, tagManifest } from './tags.ts';

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r' };
/** A name with one of these is written as coreutils writes it, with a backslash before the digest. */
const needsEscape = /[\\\n\r]/;

/** One line of the manifest, each character a byte. */
export function manifestLine(digest: string, path: ByteText): string {
  const name = `${DATA}/${path}`;
  if (!needsEscape.test(name)) return `${digest}  ${name}`;
  return `\\${digest}  ${name.replaceAll(/[\\\n\r]/g, (one) => ESCAPES[one]!)}`;
}

export const isEscaped = (path: ByteText): boolean => needsEscape.test(path);

export interface Counts {
  readonly files: number;
  readonly bytes: number;
  readonly folders: number;
  readonly links: number;
  /** Names that are escaped in the manifest. */
  readonly escaped: number;
}

const VERSION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';

function bagInfo(record: SnapshotRecord, counts: Counts): string {
  const lines: readonly (readonly [string, string | number])[] = [
    ['External-Identifier', record.uid],
    ['Bagging-Date', new Date(record.endedAt).toISOString().slice(0, 10)],
    ['Payload-Oxum', `${counts.bytes}.${counts.files}`],
    ['Realm-Policy', record.policy],
    ['Realm-Status', record.status],
    ['Realm-Slot', record.slot === null ? 'none' : new Date(record.slot).toISOString()],
    ['Realm-Symlinks', counts.links],
    ['Realm-Escaped-Names', counts.escaped],
    ['Realm-Manifest-Dialect', 'names in manifest-sha256.txt are escaped as sha256sum does, not percent-encoded'],
  ];
  // What a person can choose never gets a second line.
  return lines.map(([label, value]) => `${label}: ${String(value).replaceAll(/[\r\n]+/g, ' ')}\n`).join('');
}

/** The entries and the manifest are written; their digests come in. Answers the anchor. */
export function seal(
  folder: string,
  record: SnapshotRecord,
  counts: Counts,
  digests: { readonly entries: string; readonly manifest: string },
): string {
  const texts = new Map([
    [BAG, VERSION],
    [BAG_INFO, bagInfo(record, counts)],
    [RECORD, encodeRecord(record)],
  ]);
  const all = new Map([
    [ENTRIES, digests.entries],
    [MANIFEST, digests.manifest],
  ]);
  for (const [name, text] of texts) {
    writeFileSync(join(folder, name), text, { flag: 'wx', mode: 0o444 });
    all.set(name, sha256(text));
  }
  const text = tagManifest(all);
  writeFileSync(join(folder, TAG_MANIFEST), text, { flag: 'wx', mode: 0o444 });
  return sha256(text);
}
