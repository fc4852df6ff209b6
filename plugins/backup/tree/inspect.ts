// Compares some lines of `entries.jsonl` with what lies on the disk. It never changes anything, and runs in any thread.
import { closeSync, constants, fstatSync, openSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { type ByteText, fromBytes, fromText, joined, toPath } from '../byte-text.ts';
import type { Entry } from '../entry.ts';
import { at } from './at.ts';
import { digestOf } from './digest.ts';
import { decodeEntry } from './entries-file.ts';
import { DATA, storedMode } from './layout.ts';
import type { Slice } from './notes.ts';

export interface Question {
  /** Of the snapshot. */
  readonly folder: string;
  readonly level: 'structure' | 'content';
  readonly slice?: Slice | undefined;
  /** A snapshot of which the same was read just now and found good: what is one file with it is not read again. */
  readonly beside?: string | undefined;
}

/** Something that is not as it was saved. `path` is below the folder of the snapshot. */
export interface Finding {
  readonly path: ByteText;
  readonly what: 'missing' | 'extra' | 'type' | 'size' | 'mode' | 'target' | 'content' | 'unreadable' | 'list';
  readonly why: string;
}

export interface Seen {
  readonly findings: Finding[];
  entries: number;
  files: number;
  /** Of all files together, and of those that were read. */
  bytes: number;
  readBytes: number;
  /** How many names each folder has more than the lines say: 0 once all are counted, unless something is extra. */
  readonly surplus: Map<ByteText, number>;
}

export const nothingSeen = (): Seen => ({
  findings: [],
  entries: 0,
  files: 0,
  bytes: 0,
  readBytes: 0,
  surplus: new Map(),
});

const data = fromText(DATA);
const MODES = 0o7777;
/** Never follows a link, never waits for the other end of a pipe. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** `lines`: whole ones. Throws what is no line at all. */
export function inspect(lines: Buffer, question: Question, seen: Seen = nothingSeen()): Seen {
  for (let at = 0; at < lines.length;) {
    const end = lines.indexOf(0x0a, at);
    inspectEntry(decodeEntry(lines.toString('utf8', at, end)), question, seen);
    at = end + 1;
  }
  return seen;
}

/** What is wrong with one path, its content included. */
export function inspectOne(entry: Entry, folder: string): readonly Finding[] {
  const seen = nothingSeen();
  inspectEntry(entry, { folder, level: 'content' }, seen);
  return seen.findings;
}

function inspectEntry(entry: Entry, question: Question, seen: Seen): void {
  const path = joined(data, entry.path);
  const place = joined(rootOf(question.folder), path);
  const parent = entry.path.slice(0, Math.max(0, entry.path.lastIndexOf('/'))) as ByteText;
  seen.entries += 1;
  seen.surplus.set(parent, (seen.surplus.get(parent) ?? 0) - 1);
  const finding = (what: Finding['what'], why: string): void => void seen.findings.push({ path, what, why });
  try {
    const stat = at(place);
    if (stat === undefined) return finding('missing', 'it is gone');
    if (typeOf(stat) !== entry.type) return finding('type', `it is a ${typeOf(stat)}, and was a ${entry.type}`);
    if (entry.type === 'folder') {
      const held = readdirSync(toPath(place), { encoding: 'buffer' }).length;
      seen.surplus.set(entry.path, (seen.surplus.get(entry.path) ?? 0) + held);
    }
    if (entry.type === 'link') return inspectLink(place, entry, finding);
    if ((stat.mode & MODES) !== storedMode(entry)) {
      finding('mode', `its mode is ${octal(stat.mode & MODES)}, and was ${octal(storedMode(entry))}`);
    }
    if (entry.type === 'file') inspectFile(place, entry, stat, question, seen, finding);
  } catch (error) {
    finding('unreadable', (error as Error).message);
  }
}

let last: { readonly folder: string; readonly root: ByteText } | undefined;

/** Asked for each line, and the same for all of them. */
function rootOf(folder: string): ByteText {
  if (last?.folder !== folder) last = { folder, root: fromText(folder) };
  return last.root;
}

type Tell = (what: Finding['what'], why: string) => void;
const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const typeOf = (stat: Stats): string =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'special file';

function inspectLink(place: ByteText, entry: Entry, finding: Tell): void {
  const target = fromBytes(readlinkSync(toPath(place), { encoding: 'buffer' }));
  if (target !== entry.target) finding('target', 'it points elsewhere');
}

function inspectFile(place: ByteText, entry: Entry, stat: Stats, question: Question, seen: Seen, finding: Tell): void {
  seen.files += 1;
  const isAgain = entry.sameAs !== undefined && isSameInode(question.folder, entry.sameAs, stat);
  if (!isAgain) seen.bytes += entry.size;
  if (stat.size !== entry.size) {
    const empty = stat.size === 0 ? 'it is empty' : `it has ${stat.size} bytes`;
    return finding('size', `${empty}, and had ${entry.size}`);
  }
  if (isAgain || !isAsked(entry.path, question)) return;
  if (question.beside !== undefined && isSameInode(question.beside, entry.path, stat)) {
    seen.readBytes += entry.size;
    return;
  }
  const handle = openSync(toPath(place), READ);
  try {
    if (!fstatSync(handle).isFile()) return finding('type', 'it was replaced while it was looked at');
    const { bytes, sha256 } = digestOf(handle);
    seen.readBytes += bytes;
    if (sha256 !== entry.sha256) finding('content', `its content has another SHA-256: ${sha256.slice(0, 12)}…`);
  } finally {
    closeSync(handle);
  }
}

function isSameInode(folder: string, first: ByteText, stat: Stats): boolean {
  const other = at(joined(joined(fromText(folder), data), first));
  return other?.ino === stat.ino && other.dev === stat.dev;
}

const isAsked = (path: ByteText, { level, slice }: Question): boolean =>
  level === 'content' && (slice === undefined || sliceOf(path, slice.of) === slice.n);

/** FNV-1a: the same path is in the same slice for ever, whatever is added beside it. */
export function sliceOf(path: ByteText, of: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < path.length; index += 1) {
    hash = Math.imul(hash ^ path.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % of;
}
