// Makes snapshots byte by byte as the format says, without the writer: what the reading side is tested against.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byBytes, type ByteText, fromBytes, fromText, joined, toPath } from '../../../../plugins/backup/byte-text.ts';
import type { Tools } from '../../../../plugins/backup/engine.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import { encodeEntry } from '../../../../plugins/backup/tree/entries-file.ts';
import { storedMode } from '../../../../plugins/backup/tree/layout.ts';
import { encodeRecord } from '../../../../plugins/backup/tree/record.ts';
import { TAGS, tagManifest } from '../../../../plugins/backup/tree/tags.ts';

export const START = Date.UTC(2026, 10, 21, 7);
const sha = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');

export interface Scratch {
  readonly target: string;
  readonly dispose: () => void;
}

export function scratch(): Scratch {
  const target = mkdtempSync(join(tmpdir(), 'realm-tree-'));
  return { target, dispose: () => rmSync(target, { recursive: true, force: true }) };
}

/** Tools whose clock stands still unless it is moved. */
export function tools(changes: Partial<Tools> & { at?: number } = {}): Tools & { readonly said: string[] } {
  const said: string[] = [];
  return {
    now: () => changes.at ?? START,
    random: () => 0.5,
    signal: new AbortController().signal,
    progress: () => {},
    say: (message) => void said.push(message),
    step: () => {},
    ...changes,
    said,
  };
}

/** What to put below `data/`: text is a file, null a folder, `{ to }` a symbolic link, `{ same }` a hard link in it. */
export type Tree = Readonly<Record<string, string | Buffer | null | { to: string } | { same: string }>>;

export interface Made {
  readonly policy?: string;
  readonly label?: string;
  readonly startedAt?: number;
  readonly uid?: string;
  /** The label of a snapshot of the same policy whose equal files are linked. */
  readonly linkTo?: string;
  readonly status?: 'complete' | 'partial';
}

/** Names in `tree` are byte texts. Gives the folder. */
export function make(target: string, tree: Tree, made: Made = {}): string {
  const { policy = 'daily', label = '2026-11-21', startedAt = START, uid = `uid-${policy}-${label}` } = made;
  const folder = join(target, policy, label);
  const data = `${folder}/data` as ByteText;
  mkdirSync(data, { recursive: true });
  for (const [name, what] of Object.entries(tree)) {
    const place = joined(data, name as ByteText);
    if (what === null) mkdirSync(toPath(place), { recursive: true });
    else {
      mkdirSync(toPath(place.slice(0, place.lastIndexOf('/')) as ByteText), { recursive: true });
      if (typeof what === 'string' || Buffer.isBuffer(what)) put(place, name, what, join(target, policy), made.linkTo);
      else if ('same' in what) linkSync(toPath(joined(data, what.same as ByteText)), toPath(place));
      else linkBytes(what.to, place);
    }
  }
  seal(folder, { uid, policy, startedAt, status: made.status ?? 'complete' });
  return folder;
}

const linkBytes = (to: string, place: ByteText): void => symlinkSync(Buffer.from(to, 'latin1'), toPath(place));

function put(
  place: ByteText,
  name: string,
  content: string | Buffer,
  policy: string,
  linkTo: string | undefined,
): void {
  const before = linkTo === undefined ? undefined : joined(fromText(`${policy}/${linkTo}/data`), name as ByteText);
  const bytes = Buffer.from(content);
  const isSame =
    before !== undefined &&
    lstatSync(toPath(before), { throwIfNoEntry: false }) !== undefined &&
    readFileSync(toPath(before)).equals(bytes);
  if (isSame) linkSync(toPath(before), toPath(place));
  else writeFileSync(toPath(place), bytes);
}

/** Writes the tag files for what lies below `data/`. */
function seal(
  folder: string,
  { uid, policy, startedAt, status }: Required<Pick<Made, 'uid' | 'policy' | 'startedAt' | 'status'>>,
): void {
  const entries = [...walked(fromText(join(folder, 'data')), '' as ByteText)].sort((a, b) => byBytes(a.path, b.path));
  const files = entries.filter(({ type }) => type === 'file');
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { path, type, mode } of entries) {
    if (type !== 'link') chmodSync(toPath(joined(fromText(join(folder, 'data')), path)), storedMode({ type, mode }));
  }
  const manifest = files.map(({ path, sha256 }) => Buffer.from(line(sha256!, `data/${path}`), 'latin1'));
  const own = { uid, policy, slot: startedAt, startedAt, endedAt: startedAt + 1, trigger: 'schedule', status } as const;
  const rest = { isSuspicious: false, files: files.length, bytes, realm: 'test', host: 'here', tags: [], details: {} };
  const texts: Record<string, string | Buffer> = {
    'bagit.txt': 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n',
    'bag-info.txt': `External-Identifier: ${uid}\nPayload-Oxum: ${bytes}.${files.length}\n`,
    'entries.jsonl': entries.map((entry) => `${encodeEntry(entry)}\n`).join(''),
    'manifest-sha256.txt': Buffer.concat(manifest),
    'backup.json': encodeRecord({ ...own, ...rest, change: undefined, parent: undefined, readBack: undefined }),
  };
  for (const name of TAGS) writeFileSync(join(folder, name), texts[name]!, { mode: 0o444 });
  const digests = new Map(TAGS.map((name) => [name, sha(Buffer.from(texts[name]!))]));
  writeFileSync(join(folder, 'tagmanifest-sha256.txt'), tagManifest(digests), { mode: 0o444 });
}

/** As coreutils write it: a backslash in front when something in the name is escaped. */
function line(digest: string, name: string): string {
  const escaped = name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === name ? '' : '\\'}${digest}  ${escaped}\n`;
}

function* walked(folder: ByteText, below: ByteText, first = new Map<number, ByteText>()): Generator<Entry> {
  for (const bytes of readdirSync(toPath(folder), { encoding: 'buffer' }).sort(Buffer.compare)) {
    const [place, path] = [joined(folder, fromBytes(bytes)), joined(below, fromBytes(bytes))];
    const stat = lstatSync(toPath(place), { bigint: true });
    const type = stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'file';
    const sameAs = type === 'file' ? first.get(Number(stat.ino)) : undefined;
    if (type === 'file' && sameAs === undefined) first.set(Number(stat.ino), path);
    yield {
      path,
      type,
      size: type === 'file' ? Number(stat.size) : 0,
      mode: Number(stat.mode & 0o7777n),
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      mtimeNs: String(stat.mtimeNs),
      ctimeNs: String(stat.ctimeNs),
      inode: Number(stat.ino),
      device: Number(stat.dev),
      ...(type === 'file' && { sha256: sha(readFileSync(toPath(place))) }),
      ...(type === 'link' && { target: fromBytes(readlinkSync(toPath(place), { encoding: 'buffer' })) }),
      ...(sameAs !== undefined && { sameAs }),
    };
    if (type === 'folder') yield* walked(place, path, first);
  }
}

/** Everything below a folder, as an outside witness sees it: names, modes, contents. */
export function witness(folder: string): string {
  const command =
    'find . -printf "%P %y %m %l\\0" | sort -z; find . -type f -print0 | sort -z | xargs -0r sha256sum -z';
  return execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'latin1' });
}
