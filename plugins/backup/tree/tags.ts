// The tag files of a snapshot, everything but its data: whether they are whole, and which one is not.
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fromBytes, fromText } from '../byte-text.ts';
import { BUFFER, digestOf, fill } from './digest.ts';
import type { Finding } from './inspect.ts';
import { BAG, BAG_INFO, DATA, ENTRIES, MANIFEST, RECORD, TAG_MANIFEST } from './layout.ts';

/** What the tag manifest lists, in its order. */
export const TAGS: readonly string[] = [BAG_INFO, BAG, RECORD, ENTRIES, MANIFEST].sort();
/** Small enough to be kept a second time, beside the notes. */
export const SMALL_TAGS: readonly string[] = [BAG, BAG_INFO, RECORD];
const MOST_BYTES = 16 << 20;

/** As `sha256sum` writes it. */
export const tagManifest = (digests: ReadonlyMap<string, string>): string =>
  TAGS.map((name) => `${digests.get(name)}  ${name}\n`).join('');

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** A regular file, never through a link; null: none is there. Of one that is far too large only the beginning. */
export function readTag(folder: string, name: string): Buffer | null {
  const handle = openTag(folder, name);
  if (handle === null) return null;
  try {
    const length = fill(handle);
    if (length < BUFFER.length) return Buffer.from(BUFFER.subarray(0, length));
    const parts = [Buffer.from(BUFFER)];
    while (parts.length * BUFFER.length < MOST_BYTES) {
      const more = fill(handle);
      if (more === 0) break;
      parts.push(Buffer.from(BUFFER.subarray(0, more)));
    }
    return Buffer.concat(parts);
  } finally {
    closeSync(handle);
  }
}

function openTag(folder: string, name: string): number | null {
  let handle: number;
  try {
    handle = openSync(join(folder, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENXIO') return null;
    throw error;
  }
  if (fstatSync(handle).isFile()) return handle;
  closeSync(handle);
  return null;
}

/** SHA-256 of a tag file; null: none is there. */
export function digestOfTag(folder: string, name: string): string | null {
  const handle = openTag(folder, name);
  if (handle === null) return null;
  try {
    return digestOf(handle).sha256;
  } finally {
    closeSync(handle);
  }
}

/** What the tag manifest says; undefined unless it is exactly as it is written by us. */
export function parseTagManifest(text: string): ReadonlyMap<string, string> | undefined {
  const digests = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [, digest, name] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (digest !== undefined && name !== undefined) digests.set(name, digest);
  }
  const isWhole = digests.size === TAGS.length && TAGS.every((name) => digests.has(name));
  return isWhole && tagManifest(digests) === text ? digests : undefined;
}

/**
 * Damage among the tag files, and names that do not belong beside them. `anchor`: the digest that the tag manifest had
 * when all was well. With it the guilty one is known: either the manifest, or the file that it disagrees with.
 */
export function inspectTags(folder: string, anchor: string): Finding[] {
  const findings: Finding[] = [];
  const tell = (name: string, what: Finding['what'], why: string): void =>
    void findings.push({ path: fromText(name), what, why });
  const reading = <T>(name: string, act: () => T | null): T | null => {
    try {
      const value = act();
      if (value === null) tell(name, 'missing', 'it is gone');
      return value;
    } catch (error) {
      tell(name, 'unreadable', (error as Error).message);
      return null;
    }
  };
  const own = new Set<string>([...TAGS, TAG_MANIFEST, DATA].map(fromText));
  for (const bytes of readdirSync(folder, { encoding: 'buffer' })) {
    const name = fromBytes(bytes);
    if (!own.has(name)) findings.push({ path: name, what: 'extra', why: 'it was not saved' });
  }
  const found = new Map<string, string>();
  for (const name of TAGS) {
    const digest = reading(name, () => digestOfTag(folder, name));
    if (typeof digest === 'string') found.set(name, digest);
  }
  const text = reading(TAG_MANIFEST, () => readTag(folder, TAG_MANIFEST))?.toString('latin1');
  if (text !== undefined && sha256(Buffer.from(text, 'latin1')) !== anchor)
    tell(TAG_MANIFEST, 'content', 'it is not as it was written');
  const isOnlyTheManifest = found.size === TAGS.length && sha256(tagManifest(found)) === anchor;
  if (isOnlyTheManifest) return findings;
  const said = parseTagManifest(text ?? '');
  for (const [name, digest] of found) {
    if (said === undefined || said.get(name) === digest) continue;
    tell(name, 'content', `its content has another SHA-256: ${digest.slice(0, 12)}…`);
  }
  return findings;
}
