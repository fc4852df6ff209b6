// `entries.jsonl`: one line for each file, folder and link of a snapshot, in the order of their bytes.
import { closeSync, openSync, readSync } from 'node:fs';
import { asUtf8, type ByteText, fromBytes, fromText, toBytes } from '../byte-text.ts';
import type { Entry } from '../entry.ts';

const TYPES = { f: 'file', d: 'folder', l: 'link' } as const;
const LETTERS = { file: 'f', folder: 'd', link: 'l' } as const;

/** `"p":"…"`, or `"pb64":"…"` for what is not UTF-8. */
function named(key: string, path: ByteText): string {
  const text = asUtf8(path);
  if (text !== undefined) return `"${key}":${JSON.stringify(text)}`;
  return `"${key}b64":"${toBytes(path).toString('base64')}"`;
}

/** Without the line's end. Times are text, as they pass what a JSON number can hold. */
export function encodeEntry(entry: Entry): string {
  let line = `{${named('p', entry.path)},"t":"${LETTERS[entry.type]}","s":${entry.size},"m":${entry.mode}`;
  line += `,"u":${entry.uid},"g":${entry.gid},"mt":"${entry.mtimeNs}","ct":"${entry.ctimeNs}"`;
  line += `,"ino":${entry.inode},"dev":${entry.device}`;
  if (entry.sha256 !== undefined) line += `,"h":"${entry.sha256}"`;
  if (entry.target !== undefined) line += `,${named('l', entry.target)}`;
  if (entry.sameAs !== undefined) line += `,${named('same', entry.sameAs)}`;
  if (entry.isRacy === true) line += ',"racy":true';
  return `${line}}`;
}

/** Relative, and no part of it leads elsewhere: what is made of it stays below the folder it is put into. */
function isSafe(path: ByteText): boolean {
  if (path === '' || path.includes('\0')) return false;
  return !/(^|\/)(\.{0,2})(\/|$)/.test(path);
}

function pathOf(line: Record<string, unknown>, key: string): ByteText | undefined {
  const [text, base64] = [line[key], line[`${key}b64`]];
  if (typeof text === 'string') return fromText(text);
  return typeof base64 === 'string' ? fromBytes(Buffer.from(base64, 'base64')) : undefined;
}

const hasDigest = (value: unknown, isNeeded: boolean): boolean =>
  value === undefined ? !isNeeded : /^[0-9a-f]{64}$/.test(value as string);
const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isTime = (value: unknown): value is string => typeof value === 'string' && /^-?\d+$/.test(value);

/** Throws an Error that says what is wrong with the line. `digests`: whether each file must have one. */
export function decodeEntry(text: string, digests = true): Entry {
  const line = JSON.parse(text) as Record<string, unknown> | null;
  if (typeof line !== 'object' || line === null) throw new Error('the line is no object');
  const path = pathOf(line, 'p');
  const type = TYPES[line['t'] as keyof typeof TYPES] as Entry['type'] | undefined;
  if (path === undefined || !isSafe(path))
    throw new Error(`the line has no path that stays inside: ${text.slice(0, 200)}`);
  const { s: size, m: mode, u: uid, g: gid, mt: mtimeNs, ct: ctimeNs, ino: inode, dev: device, h: sha256 } = line;
  const [target, sameAs] = [pathOf(line, 'l'), pathOf(line, 'same')];
  const isWhole =
    (type === 'folder' || (type === 'link' ? target !== undefined : type === 'file' && hasDigest(sha256, digests))) &&
    (sameAs === undefined || isSafe(sameAs));
  if (type === undefined || !isWhole || !isTime(mtimeNs) || !isTime(ctimeNs))
    throw new Error(`the line is not whole: ${text.slice(0, 200)}`);
  if (!isCount(size) || !isCount(mode) || !isCount(uid) || !isCount(gid) || !isCount(inode) || !isCount(device)) {
    throw new Error(`the line has a number that is none: ${text.slice(0, 200)}`);
  }
  return {
    path,
    type,
    size,
    mode,
    uid,
    gid,
    mtimeNs,
    ctimeNs,
    inode,
    device,
    ...(type === 'file' && sha256 !== undefined && { sha256: sha256 as string }),
    ...(type === 'link' && { target: target! }),
    ...(sameAs !== undefined && { sameAs }),
    ...(line['racy'] === true && { isRacy: true }),
  };
}

const CHUNK = 256 * 1024;

/** The lines of a file, read bit by bit; a last one without an end counts. */
export function* linesOf(file: string): Generator<string> {
  const handle = openSync(file, 'r');
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let rest: Buffer = Buffer.alloc(0);
    for (;;) {
      const length = readSync(handle, chunk, 0, CHUNK, null);
      if (length === 0) break;
      const end = chunk.lastIndexOf(0x0a, length - 1);
      if (end < 0) {
        rest = Buffer.concat([rest, chunk.subarray(0, length)]);
        continue;
      }
      const whole = Buffer.concat([rest, chunk.subarray(0, end)]).toString('utf8');
      rest = Buffer.from(chunk.subarray(end + 1, length));
      yield* whole.split('\n');
    }
    if (rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(handle);
  }
}

/** Throws an Error that names the line when one cannot be read. The order is checked too: everything merges by it. */
export function* readEntries(file: string, digests = true): Generator<Entry> {
  let [number, last] = [0, ''];
  for (const line of linesOf(file)) {
    number += 1;
    let entry: Entry;
    try {
      entry = decodeEntry(line, digests);
    } catch (cause) {
      throw new Error(`${file}:${number} cannot be read: ${(cause as Error).message}`, { cause });
    }
    if (entry.path <= last) throw new Error(`${file}:${number} is out of order`);
    last = entry.path;
    yield entry;
  }
}
