// A target and its identity: what is not the place that was used before is never written to.
import {
  accessSync,
  constants,
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { RealmError, writeAtomic } from 'realm-runner/plugin';
import type { TargetState, Tools } from '../engine.ts';
import { isUid, README, TARGET_FILE } from './layout.ts';
import { makeLasting } from './made.ts';
import { syncFolder } from './notes.ts';
import { type Capabilities, probe } from './probe.ts';
import { uidOf } from './uid.ts';

export interface TargetOptions {
  /** Absolute. */
  readonly path: string;
  /** The folder of the config: what lies below it is made, with the folders above it. */
  readonly root: string;
  /** The id it had when it was used before. */
  readonly expected?: string | undefined;
  /** Why nobody can say which one was used before: then nothing is written. */
  readonly doubt?: string | undefined;
  /** Keeps its id on the other side, before anything is saved in it. */
  readonly remember?: ((id: string) => void) | undefined;
  /** Room that stays free. Default: a fiftieth of the filesystem, at most 1 GiB. */
  readonly reserveBytes?: number;
}

export interface Identity {
  readonly id: string;
  readonly can: Capabilities;
}

const FORMAT = 1;

export function lookAt(options: TargetOptions): TargetState {
  const room = roomAt(options);
  const { is, why, id } = judge(options);
  const state = {
    is,
    why,
    ...(id !== undefined && { id }),
    freeBytes: room?.free ?? null,
    usedPercent: room?.used ?? null,
  };
  if ((is !== 'ready' && is !== 'new') || room === undefined || room.free >= room.reserve) return state;
  return {
    ...state,
    is: 'full',
    why: `${megabytes(room.free)} are free, and ${megabytes(room.reserve)} are to stay so`,
  };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function judge({ path, root, expected, doubt }: TargetOptions): { is: TargetState['is']; why: string; id?: string } {
  if (doubt !== undefined) return { is: 'foreign', why: doubt };
  const file = join(path, TARGET_FILE);
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isDirectory()) return { is: 'missing', why: `${path} is no folder` };
    const identity = stat === undefined ? undefined : readIdentity(path);
    if (identity !== undefined) {
      if (expected === undefined || expected === identity.id) return { ...writable(path), id: identity.id };
      return { is: 'foreign', why: `${file} says ${identity.id}, and ${expected} was used before`, id: identity.id };
    }
    if (expected !== undefined)
      return { is: 'missing', why: `${file} is not there: nothing is mounted, or it was emptied` };
    const isBelow = !/^\.\.(\/|$)/.test(relative(root, path));
    const above = isBelow ? existing(path) : dirname(path);
    const isPossible = stat !== undefined || statSync(above, { throwIfNoEntry: false })?.isDirectory() === true;
    return isPossible ? { is: 'new', why: 'it was never used' } : { is: 'missing', why: `${above} is no folder` };
  } catch (error) {
    if (error instanceof SyntaxError) return { is: 'foreign', why: `${file} cannot be read: ${error.message}` };
    return { is: 'missing', why: (error as Error).message };
  }
}

function writable(path: string): { is: TargetState['is']; why: string } {
  try {
    accessSync(path, constants.W_OK);
    return { is: 'ready', why: 'it is there' };
  } catch (error) {
    return { is: 'read-only', why: `${path} can be read, and not written to: ${(error as Error).message}` };
  }
}

/** The innermost folder of a path that is there. */
function existing(path: string): string {
  for (let at = path; ; at = dirname(at)) if (lstatSync(at, { throwIfNoEntry: false }) !== undefined) return at;
}

/** Undefined: there is none. Throws a SyntaxError for one that is not whole, and what the system says. */
export function readIdentity(path: string): Identity | undefined {
  let text: string;
  try {
    text = readFileSync(join(path, TARGET_FILE), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const { id, format, can } = (JSON.parse(text) ?? {}) as Partial<Identity> & { format?: unknown };
  if (format !== FORMAT) throw new SyntaxError(`its format is ${String(format)}, and ${FORMAT} is known here`);
  if (typeof id !== 'string' || !isUid(id) || typeof can !== 'object' || can === null)
    throw new SyntaxError('it has no id');
  return { id, can };
}

function roomAt({ path, reserveBytes }: TargetOptions): { free: number; used: number; reserve: number } | undefined {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bsize, blocks, bfree, bavail } = statfsSync(at);
      const [total, free] = [blocks * bsize, bavail * bsize];
      const taken = (blocks - bfree) * bsize;
      const reserve = reserveBytes ?? Math.min(total / 50, 2 ** 30);
      return { free, reserve, used: taken + free === 0 ? 0 : (100 * taken) / (taken + free) };
    } catch {
      if (dirname(at) === at) return undefined; // nobody can say how much room there is
    }
  }
}

/** Bytes that may be written before the reserve is touched; undefined: nobody can say. */
export function roomIn(options: TargetOptions): number | undefined {
  const room = roomAt(options);
  return room === undefined ? undefined : room.free - room.reserve;
}

/** Ready to be written to: made when it was never used. Throws BACKUP_TARGET_UNREADABLE and BACKUP_TARGET_FULL. */
export function openTarget(options: TargetOptions, tools: Tools): Identity {
  const { is, why } = lookAt(options);
  if (is === 'full') throw new RealmError('BACKUP_TARGET_FULL', `${options.path} is full: ${why}`);
  if (is === 'read-only') throw new RealmError('BACKUP_TARGET_UNREADABLE', why);
  if (is !== 'ready' && is !== 'new') throw new RealmError('BACKUP_TARGET_UNREADABLE', `${options.path}: ${why}`);
  const identity = (is === 'ready' ? readIdentity(options.path) : undefined) ?? makeTarget(options.path, tools);
  options.remember?.(identity.id);
  return identity;
}

function makeTarget(path: string, tools: Tools): Identity {
  makeLasting(join(path, '.realm'));
  const identity = { id: uidOf(tools), can: probe(join(path, '.realm', `probe-${uidOf(tools)}`)) };
  writeAtomic(join(path, README), readme);
  tools.step('backup.target:before');
  const file = join(path, TARGET_FILE);
  const text = `${JSON.stringify({ format: FORMAT, created: new Date(tools.now()).toISOString(), ...identity }, undefined, 2)}\n`;
  const isOurs = writeOnce(file, text);
  syncFolder(path);
  tools.step('backup.target:after');
  return isOurs ? identity : readIdentity(path)!;
}

/** False when somebody else was faster; then theirs stands. It is never seen half-written. */
function writeOnce(file: string, text: string): boolean {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = openSync(temporary, 'w');
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(temporary, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    writeAtomic(file, text); // where there are no hard links
    return true;
  } finally {
    rmSync(temporary, { force: true });
  }
}

const readme = `This folder holds backups that Realm made. Nothing but ordinary tools is needed to read them.

<policy>/<label>/data/  the files as they were: copy out what you need, with \`cp -a\`
To check a snapshot:    cd <policy>/<label> && sha256sum --quiet -c manifest-sha256.txt
entries.jsonl           owners, modes, exact times, links and hard links of everything in data/
backup.json             what was saved, when, why, and what could not be

Snapshots share unchanged files (hard links or reflinks), so never edit a file in place: copy it first.
Their files are read-only; \`rm -r\` of a whole snapshot works and harms no other.
Names that begin with a dot are at work or in the trash (.realm/trash). ${TARGET_FILE} says which target
this is: without it nothing is written here.
`;
