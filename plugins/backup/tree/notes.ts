// What is learnt of a snapshot after it was made: lines that are added beside it, because it never changes itself.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { absent, RealmError } from 'realm-runner/plugin';
import type { Answer, Level, Snapshot, Verification } from '../snapshot.ts';
import { notesFile } from './layout.ts';

/** Part n (from 0) of N of the files. */
export interface Slice {
  readonly n: number;
  readonly of: number;
}

export type Note =
  | ({ readonly note: 'verified'; readonly slice?: Slice } & Verification)
  /** All that is known to be damaged now, in place of what was known before; with nothing in it: all is well again. */
  | { readonly note: 'damaged'; readonly at: number; readonly paths: readonly string[] }
  /** Known to be damaged besides: one inode with what was found to be damaged in another snapshot. */
  | { readonly note: 'damaged-too'; readonly at: number; readonly paths: readonly string[] }
  | { readonly note: 'healed'; readonly at: number; readonly paths: readonly string[]; readonly from: string }
  | { readonly note: 'pinned'; readonly until: number | null; readonly why: string }
  | { readonly note: 'unpinned' }
  /** What a person said of the change that it saved; the newest counts. */
  | ({ readonly note: 'answered' } & Answer)
  /** How it was when it was whole: the digest of its tag manifest, and copies of its small tag files. */
  | { readonly note: 'sealed'; readonly anchor: string; readonly tags: Readonly<Record<string, string>> };

export interface Learnt {
  readonly verifiedAt: number | null;
  /** Parts that were read by themselves and found good since anything was found bad: part n of N, ms. */
  readonly slices: NonNullable<Snapshot['slices']>;
  /** The newest of each level. */
  readonly verifications: readonly Verification[];
  readonly pin: Snapshot['pin'];
  readonly answer: Answer | undefined;
  readonly damaged: readonly string[];
  readonly seal: { readonly anchor: string; readonly tags: Readonly<Record<string, string>> } | undefined;
  /** Lines that cannot be read, counted from 1. They are passed over. */
  readonly badLines: readonly number[];
  /** The first of them since a person last said whether to keep it: nobody knows whether it was a pin. */
  readonly unsureOf: number | undefined;
}

/** Adds lines that survive a power cut. One that was torn before them is left as it is, on a line of its own. */
export function addNotes(target: string, uid: string, notes: readonly Note[]): void {
  if (notes.length === 0) return;
  const path = notesFile(target, uid);
  const handle = opened(path);
  try {
    const text = notes.map((note) => `${signed(JSON.stringify(note))}\n`).join('');
    const { size } = fstatSync(handle);
    const bytes = Buffer.from(size > 0 && lastByte(handle, size) !== 0x0a ? `\n${text}` : text);
    for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
    if (size === 0) syncFolder(dirname(path));
  } finally {
    closeSync(handle);
  }
}

function opened(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a+', 0o644);
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    throw new RealmError('BACKUP_TARGET_UNREADABLE', `nothing can be noted: ${(error as Error).message}`, {
      hint: 'see that the target can be written to',
      cause: error,
    });
  }
}

function lastByte(handle: number, size: number): number | undefined {
  const one = Buffer.alloc(1);
  readSync(handle, one, 0, 1, size - 1);
  return one[0];
}

/** Makes names in a folder survive a power cut. Some filesystems cannot; then the system does it in its own time. */
export function syncFolder(folder: string | Buffer): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } catch (error) {
    absent('EINVAL', 'ENOTSUP', 'EPERM')(error);
  } finally {
    closeSync(handle);
  }
}

/** Everything that was noted, put together. Without notes: nothing is known. */
export function readNotes(target: string, uid: string): Learnt {
  let text = '';
  try {
    text = readFileSync(notesFile(target, uid), 'utf8');
  } catch (error) {
    absent('ENOENT', 'ENOTDIR')(error);
  }
  const notes: Note[] = [];
  const badLines: number[] = [];
  let unsureOf: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const note = parse(line);
    if (note === undefined) {
      badLines.push(index + 1);
      unsureOf ??= index + 1;
    } else {
      notes.push(note);
      if (note.note === 'pinned' || note.note === 'unpinned') unsureOf = undefined;
    }
  }
  return { ...fold(notes), badLines, unsureOf };
}

function fold(notes: readonly Note[]): Omit<Learnt, 'badLines' | 'unsureOf'> {
  const newest = new Map<Level, Verification>();
  const damaged = new Set<string>();
  let pin: Snapshot['pin'];
  let answer: Answer | undefined;
  let seal: Learnt['seal'];
  for (const note of notes) {
    if (note.note === 'verified') newest.set(note.level, asVerification(note));
    else if (note.note === 'damaged') {
      damaged.clear();
      for (const path of note.paths) damaged.add(path);
    } else if (note.note === 'damaged-too') for (const path of note.paths) damaged.add(path);
    else if (note.note === 'healed') for (const path of note.paths) damaged.delete(path);
    else if (note.note === 'pinned') pin = { until: note.until, why: note.why };
    else if (note.note === 'unpinned') pin = undefined;
    else if (note.note === 'answered') answer = { is: note.is, by: note.by, why: note.why, at: note.at };
    else seal ??= { anchor: note.anchor, tags: note.tags }; // the first one: it was whole then
  }
  const verifications = [...newest.values()];
  return { ...readings(notes), verifications, pin, answer, damaged: [...damaged], seal };
}

const asVerification = ({ level, at, isGood, coverage, damaged }: Verification): Verification => ({
  level,
  at,
  isGood,
  coverage,
  damaged,
});

/** When every byte was last found good: at once, or slice by slice, and then since the oldest of them. */
function readings(notes: readonly Note[]): Pick<Learnt, 'verifiedAt' | 'slices'> {
  let latest: number | null = null;
  let slices = new Map<number, number>();
  let of = 0;
  for (const note of notes) {
    if (note.note !== 'verified' || (note.level !== 'content' && note.level !== 'drill')) continue;
    if (!note.isGood) slices = new Map();
    else if (note.slice === undefined) latest = note.coverage === 1 ? Math.max(latest ?? 0, note.at) : latest;
    else {
      if (note.slice.of !== of) slices = new Map();
      of = note.slice.of;
      slices.set(note.slice.n, note.at);
      if (slices.size === of) latest = Math.max(latest ?? 0, Math.min(...slices.values()));
    }
  }
  return { verifiedAt: latest, slices: [...slices].map(([n, at]) => [n, of, at] as const) };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isSlice = (value: unknown): boolean => {
  const { n, of } = (value ?? {}) as Partial<Slice>;
  return Number.isInteger(n) && Number.isInteger(of) && n! >= 0 && n! < of!;
};
const LEVELS: readonly unknown[] = ['presence', 'structure', 'content', 'source', 'drill'] satisfies Level[];

const ANSWERS: readonly unknown[] = ['approved', 'denied', 'reverted'] satisfies Answer['is'][];

/** What each sort of note must have. */
const fits: Record<Note['note'], (one: Record<string, unknown>) => boolean> = {
  verified: (one) =>
    LEVELS.includes(one['level']) &&
    isTime(one['at']) &&
    typeof one['isGood'] === 'boolean' &&
    isTime(one['coverage']) &&
    areTexts(one['damaged']) &&
    (one['slice'] === undefined || isSlice(one['slice'])),
  damaged: (one) => areTexts(one['paths']),
  'damaged-too': (one) => areTexts(one['paths']),
  healed: (one) => areTexts(one['paths']),
  pinned: (one) => (one['until'] === null || isTime(one['until'])) && isText(one['why']),
  unpinned: () => true,
  answered: (one) => ANSWERS.includes(one['is']) && isText(one['by']) && isText(one['why']) && isTime(one['at']),
  sealed: (one) =>
    isText(one['anchor']) &&
    typeof one['tags'] === 'object' &&
    one['tags'] !== null &&
    Object.values(one['tags']).every(isText),
};

/** A JSON object with a sum of all before it: a changed byte must not make an end of a pin, or a pin of an end. */
const signed = (json: string): string => `${json.slice(0, -1)},"sum":"${sumOf(json)}"}`;
const sumOf = (json: string): string => createHash('sha256').update(json).digest('hex').slice(0, 16);
const SIGNED = /^(\{.*),"sum":"([0-9a-f]{16})"\}$/s;

/** undefined: torn, damaged, or of a later version. */
function parse(line: string): Note | undefined {
  const [, body, sum] = SIGNED.exec(line) ?? [];
  if (body === undefined || sumOf(`${body}}`) !== sum) return undefined;
  try {
    const value = JSON.parse(`${body}}`) as Record<string, unknown> | null;
    const sort = value?.['note'];
    if (value === null || !isText(sort) || !Object.hasOwn(fits, sort)) return undefined;
    return fits[sort as Note['note']](value) ? (value as unknown as Note) : undefined;
  } catch {
    return undefined; // half a line
  }
}
