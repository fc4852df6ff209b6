// What a power cut could take at each moment of a process: each call about files as the kernel saw it, and what was synced by then.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hasProgram } from '../../program.ts';

/** Debian's `strace`, where processes may be traced. */
export const canTrace = (): boolean =>
  hasProgram('strace', ['-qq', '-o', '/dev/null', 'true'], 'what is on the disk before what');

/** Its path: what is traced may have another PATH. */
const strace = (): string => spawnSync('sh', ['-c', 'command -v strace'], { encoding: 'utf8' }).stdout.trim();

const WRITES = 'write,writev,pwrite64,pwritev,pwritev2,ftruncate,fallocate,copy_file_range,sendfile,ioctl';
const CALLS = `%file,${WRITES},fsync,fdatasync,syncfs,fchmod,fchown,futimesat,utimensat`;

/** Runs it to its end; the calls that went well, in the order in which they ended, of all its threads and children. */
export function traced(args: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'realm-trace-'));
  try {
    const log = join(folder, 'log');
    const how = ['-f', '-y', '-qq', '-z', '-s', '300', '-o', log, '-e', `trace=${CALLS}`];
    const { status, stderr } = spawnSync(strace(), [...how, process.execPath, ...args], {
      encoding: 'utf8',
      env: { ...process.env, UV_USE_IO_URING: '0', ...env },
    });
    if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
    return readFileSync(log, 'utf8').split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Call {
  readonly name: string;
  /** Absolute; that of a call with two is that of the second. */
  readonly path: string;
  /** Of a rename: where it was. */
  readonly from?: string;
  /** Of a write: how it begins. */
  readonly text?: string;
}

const LINE = /^\d+ +(\w+)\((.*)\) += \d/;
/** A descriptor and its path, or a text. */
const PARTS = /(?:\d+|AT_FDCWD)<([^>]*)>|"((?:[^"\\]|\\.)*)"/g;
const ATTRIBUTES = /^(chmod|fchmod|fchmodat|chown|fchown|lchown|fchownat|utimensat|futimesat|utime|utimes)$/;

function callOf(line: string): (Call & { readonly isMaking: boolean }) | undefined {
  const [, name, rest] = LINE.exec(line) ?? [];
  if (name === undefined || rest === undefined) return undefined;
  const parts = [...rest.matchAll(PARTS)];
  const handles = parts.flatMap(([, handle]) => (handle === undefined ? [] : [handle]));
  const texts = parts.flatMap(([, , text]) => (text === undefined ? [] : [text]));
  const isMaking = name === 'creat' || (name.startsWith('open') && rest.includes('O_CREAT'));
  const at = (text: string): string => (text.startsWith('/') ? text : join(handles[0] ?? '/', text));
  if (/^(rename|link)/.test(name)) return { name, from: at(texts[0]!), path: at(texts[1]!), isMaking };
  if (name.startsWith('symlink')) return { name, path: at(texts[1]!), isMaking };
  if (name === 'copy_file_range') return { name, path: handles[1]!, isMaking };
  const isByHandle = /^(p?write|ftruncate|fallocate|sendfile|ioctl|f(data)?sync|syncfs|fch)/.test(name);
  if (isByHandle || texts.length === 0)
    return { name, path: handles[0] ?? '', isMaking, ...(texts[0] !== undefined && { text: texts[0] }) };
  return { name, path: at(texts[0]!), isMaking };
}

/** What is only in memory: files with content or attributes, folders with names, that were changed since they were synced. */
export class Unsynced {
  #paths = new Set<string>();

  below(folder: string): readonly string[] {
    return [...this.#paths].filter((path) => path === folder || path.startsWith(`${folder}/`)).sort();
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  apply({ name, path, from }: Call, isMaking: boolean): void {
    if (name === 'syncfs') this.#paths.clear();
    else if (name === 'fsync' || name === 'fdatasync') this.#paths.delete(path);
    else if (name.startsWith('rename')) {
      this.#moved(from!, path);
      this.#changed(dirname(from!), dirname(path));
    } else if (/^(link|symlink|unlink|rmdir)/.test(name)) {
      this.#changed(dirname(path));
      if (/^(unlink|rmdir)/.test(name)) this.#paths.delete(path);
    } else if (name.startsWith('mkdir')) this.#changed(path, dirname(path));
    else if (isMaking) this.#changed(path, dirname(path));
    else if (WRITES.split(',').includes(name) || ATTRIBUTES.test(name)) this.#changed(path);
  }

  #changed(...paths: readonly string[]): void {
    for (const path of paths) this.#paths.add(path);
  }

  #moved(from: string, to: string): void {
    for (const path of this.below(from)) {
      this.#paths.delete(path);
      this.#paths.add(`${to}${path.slice(from.length)}`);
    }
  }
}

/** Goes through the calls; `at` is told of each before it counts. */
export function replay(lines: readonly string[], at: (call: Call, unsynced: Unsynced) => void): void {
  const unsynced = new Unsynced();
  for (const line of lines) {
    const call = callOf(line);
    if (call === undefined) continue;
    const { isMaking, ...told } = call;
    at(told, unsynced);
    unsynced.apply(told, isMaking);
  }
}
