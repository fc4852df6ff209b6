// Looks whether a snapshot is as it was saved, as closely as is asked for; it changes nothing.
import { closeSync, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { byBytes, type ByteText, fromBytes, fromText, joined, toPath } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import { at } from './at.ts';
import { decodeEntry, linesOf } from './entries-file.ts';
import { type Finding, nothingSeen, type Question, type Seen } from './inspect.ts';
import { BAG_INFO, DATA, ENTRIES } from './layout.ts';
import type { Slice } from './notes.ts';
import { type Readers, readers } from './readers.ts';
import { inspectTags, readTag } from './tags.ts';

export interface Checked {
  /** In the order of their paths. */
  readonly findings: readonly Finding[];
  /** Of the bytes of all files, those that were read. */
  readonly bytes: number;
  readonly readBytes: number;
}

export interface Look {
  readonly level: 'presence' | 'structure' | 'content';
  readonly slice?: Slice | undefined;
  readonly beside?: string | undefined;
  /** Digest of the tag manifest, of when all was well. */
  readonly anchor: string;
}

/** Threads are worth their start beyond these. */
const LARGE_BYTES = 64 << 20;
const LARGE_FILES = { structure: 100_000, content: 40_000 };

/** Damage is in the findings; what it throws is no word about the snapshot. */
export async function check(snapshot: Snapshot, look: Look, tools: Tools): Promise<Checked> {
  const folder = snapshot.path;
  const tags = inspectTags(folder, look.anchor);
  if (look.level === 'presence') return { findings: [...tags, ...inspectTotal(folder)], bytes: 0, readBytes: 0 };
  if (tags.some(({ path }) => path === ENTRIES)) return { findings: tags, bytes: 0, readBytes: 0 };
  const isLarge =
    snapshot.files > LARGE_FILES[look.level] || (look.level === 'content' && snapshot.bytes > LARGE_BYTES);
  const threads = readers(isLarge);
  try {
    const question: Question = { folder, level: look.level, slice: look.slice, beside: look.beside };
    const seen = await inspectAll(join(folder, ENTRIES), question, snapshot, threads, tools);
    const findings = [...tags, ...seen.findings, ...extras(folder, seen)];
    return { findings: findings.sort((a, b) => byBytes(a.path, b.path)), bytes: seen.bytes, readBytes: seen.readBytes };
  } finally {
    await threads.close();
  }
}

/** Payload-Oxum of `bag-info.txt`: how many files there are and how many bytes they have together. */
function inspectTotal(folder: string): Finding[] {
  const info = readTag(folder, BAG_INFO)?.toString('latin1') ?? '';
  const [, octets, files] = /^Payload-Oxum: (\d+)\.(\d+)$/m.exec(info) ?? [];
  const has = total(joined(fromText(folder), fromText(DATA)));
  if (octets === undefined) return []; // then the tag file itself is named
  if (Number(octets) === has.bytes && Number(files) === has.files) return [];
  const why = `it has ${has.files} files with ${has.bytes} bytes, and had ${files} with ${octets}`;
  return [{ path: fromText(DATA), what: 'size', why }];
}

function total(folder: ByteText): { bytes: number; files: number } {
  const sum = { bytes: 0, files: 0 };
  const stat = at(folder);
  if (stat?.isDirectory() !== true) return sum;
  for (const entry of readdirSync(toPath(folder), { withFileTypes: true, encoding: 'buffer' })) {
    const path = joined(folder, fromBytes(entry.name));
    if (entry.isDirectory()) {
      const inner = total(path);
      sum.bytes += inner.bytes;
      sum.files += inner.files;
    } else if (entry.isFile()) {
      sum.bytes += lstatSync(toPath(path)).size;
      sum.files += 1;
    }
  }
  return sum;
}

/** Hands the lines out in portions of about equal size, and adds up what comes back. */
async function inspectAll(
  entries: string,
  question: Question,
  { files, bytes }: Snapshot,
  threads: Readers,
  tools: Tools,
): Promise<Seen> {
  const all = nothingSeen();
  const running = new Set<Promise<void>>();
  try {
    for (const [from, to] of portions(entries, threads.count)) {
      tools.signal.throwIfAborted();
      const one = threads.run({ do: 'inspect', entries, from, to, question }).then((seen) => {
        running.delete(one);
        add(all, seen);
        const read = question.level === 'content' ? { bytes: all.readBytes, totalBytes: bytes } : {};
        tools.progress({ phase: 'verify', done: all.files, total: files, ...read });
      });
      running.add(one);
      if (running.size >= threads.count * 2) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    await Promise.allSettled(running);
  }
  return all;
}

function add(all: Seen, seen: Seen): void {
  all.findings.push(...seen.findings);
  for (const key of ['entries', 'files', 'bytes', 'readBytes'] as const) all[key] += seen[key];
  for (const [folder, surplus] of seen.surplus) all.surplus.set(folder, (all.surplus.get(folder) ?? 0) + surplus);
}

const MOST_PORTION = 128 * 1024;

/** Cuts after ends of lines. Few lines are cut finely: each may be a large file. */
function* portions(file: string, threads: number): Generator<readonly [number, number]> {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const wanted = Math.max(1, Math.min(MOST_PORTION, Math.ceil(size / (threads * 8))));
    const part = Buffer.allocUnsafe(64 * 1024);
    for (let from = 0; from < size;) {
      let to = Math.min(size, from + wanted);
      while (to < size) {
        const got = readSync(handle, part, 0, part.length, to - 1);
        const end = part.subarray(0, got).indexOf(0x0a);
        to = end >= 0 ? to + end : to - 1 + got;
        if (end >= 0 || got === 0) break;
      }
      yield [from, to];
      from = to;
    }
  } finally {
    closeSync(handle);
  }
}

/** Names that were not saved. Where the counts of a folder agree, and nothing of it is missing, there are none. */
function* extras(folder: string, seen: Seen): Generator<Finding> {
  const data = fromText(DATA);
  const root = at(joined(fromText(folder), data));
  if (root?.isDirectory() !== true) {
    if (seen.entries > 0) yield { path: data, what: 'missing', why: 'it is no folder' };
    return;
  }
  const held = readdirSync(join(folder, DATA)).length;
  const suspects = new Set<ByteText>();
  for (const [path, surplus] of seen.surplus) if (surplus + (path === '' ? held : 0) !== 0) suspects.add(path);
  if (held > 0 && seen.entries === 0) suspects.add('' as ByteText);
  for (const { path } of seen.findings) suspects.add(parentOf(path.slice(data.length + 1)));
  if (suspects.size === 0) return;
  const saved = new Map<ByteText, Set<string>>([...suspects].map((path) => [path, new Set<string>()]));
  for (const line of linesOf(join(folder, ENTRIES))) {
    for (let path = decodeEntry(line).path; path !== ''; path = parentOf(path)) {
      saved.get(parentOf(path))?.add(path);
    }
  }
  for (const [path, names] of saved) {
    const place = joined(joined(fromText(folder), data), path);
    if (at(place)?.isDirectory() !== true) continue;
    for (const name of readdirSync(toPath(place), { encoding: 'buffer' })) {
      const inner = joined(path, fromBytes(name));
      if (!names.has(inner)) yield { path: joined(data, inner), what: 'extra', why: 'it was not saved' };
    }
  }
}

const parentOf = (path: string): ByteText => path.slice(0, Math.max(0, path.lastIndexOf('/'))) as ByteText;
