// One writer at a time in one place of a target: a folder with its holder's name, taken over when the holder is dead.
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import type { Tools } from '../engine.ts';
import { leaseFolder } from './layout.ts';
import { isDead, type Maker, thisProcess } from '../maker.ts';
import { uidOf } from './uid.ts';

export interface Lease {
  /**
   * Throws BACKUP_BUSY when it was taken away meanwhile, BACKUP_FAILED when nobody can tell. To be asked right before what must
   * be done by one alone.
   */
  check(): void;
  /** Shows others that its holder lives. Cheap: it does something only when some time has passed. */
  beat(): void;
  release(): void;
}

interface Holder extends Maker {
  readonly uid: string;
  readonly since: string;
}

const OWNER = 'owner.json';
/** Whoever shows no life for twice as long has lost it, by the clock of the target. */
const TTL_MS = 5 * 60_000;
const errnoOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Throws BACKUP_BUSY when somebody has it. `ttlMs`: half the time after which a holder that shows no life loses it. */
export function takeLease(target: string, scope: string, tools: Tools, host: string, ttlMs = TTL_MS): Lease {
  const folder = leaseFolder(target, scope);
  const holder: Holder = { uid: uidOf(tools), ...thisProcess(host), since: new Date(tools.now()).toISOString() };
  const own = join(dirname(folder), `.${scope}-${holder.uid}`);
  mkdirSync(own, { recursive: true });
  try {
    writeFileSync(join(own, OWNER), `${JSON.stringify(holder)}\n`);
    tools.step('backup.lease:before');
    acquire(own, folder, host, ttlMs);
    clean(folder, host);
    tools.step('backup.lease:after');
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (isHeldBy(folder, holder.uid)) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return held(folder, holder.uid, tools, ttlMs);
}

/** A rename onto a folder that is not empty fails: that makes one the first. */
function acquire(own: string, folder: string, host: string, ttlMs: number): void {
  for (;;) {
    try {
      return renameSync(own, folder);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
    }
    const holder = holderOf(folder);
    if (holder === 'gone') continue;
    const since = holder === undefined ? '' : ` since ${holder.since}`;
    const who = holder === undefined ? 'somebody' : `process ${holder.pid} on ${holder.host}`;
    if (!(holder !== undefined && isDead(holder, host)) && !isSilent(folder, own, ttlMs)) {
      throw new RealmError('BACKUP_BUSY', `${who} works there${since} (${folder})`);
    }
    takeAway(folder, holder?.uid);
  }
}

/** What the dead left around it. */
function clean(folder: string, host: string): void {
  const [all, scope] = [dirname(folder), basename(folder)];
  for (const name of readdirSync(all)) {
    if (!name.startsWith(`.${scope}-`) && !name.startsWith(`${scope}.`)) continue;
    const holder = holderOf(join(all, name));
    if (typeof holder !== 'object' || isDead(holder, host)) rmSync(join(all, name), { recursive: true, force: true });
  }
}

function isHeldBy(folder: string, uid: string): boolean {
  const holder = holderOf(folder);
  return typeof holder === 'object' && holder.uid === uid;
}

/** Undefined: nobody can tell whose it is. */
function holderOf(folder: string): Holder | 'gone' | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, OWNER), 'utf8')) as Holder;
  } catch {
    return lstatSync(folder, { throwIfNoEntry: false }) === undefined ? 'gone' : undefined;
  }
}

/**
 * Both times are the target's: no clock of two machines is compared. When the target's own was set back, silence counts from
 * now: a time that has not come yet would stand for a sign of life until it comes.
 */
function isSilent(folder: string, own: string, ttlMs: number): boolean {
  const sign = [join(folder, OWNER), folder].find((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
  if (sign === undefined) return true;
  touch(join(own, OWNER));
  const [now, last] = [lstatSync(join(own, OWNER)), lstatSync(sign, { throwIfNoEntry: false })?.mtimeMs ?? 0];
  if (last - now.mtimeMs > 2 * ttlMs) utimesSync(sign, now.atime, now.mtime);
  return now.mtimeMs - last > 2 * ttlMs;
}

/** Of two who do this at once one may put aside the lease that the other has just got: then it is given back. */
function takeAway(folder: string, uid: string | undefined): void {
  const aside = `${folder}.late-${process.pid}`;
  try {
    renameSync(folder, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  const holder = holderOf(aside);
  const isOther = typeof holder === 'object' && holder.uid !== uid;
  if (isOther) renameSync(aside, folder);
  else rmSync(aside, { recursive: true, force: true });
}

/** Its first byte is written again: so the time is the target's own. */
function touch(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, '{', 0);
  } finally {
    closeSync(handle);
  }
}

function held(folder: string, uid: string, tools: Tools, ttlMs: number): Lease {
  let last = tools.now();
  const isOurs = (): boolean => isHeldBy(folder, uid);
  return {
    check: () => {
      const holder = holderOf(folder);
      if (holder === undefined) throw new RealmError('BACKUP_FAILED', `whose turn it is cannot be read (${folder})`);
      if (holder === 'gone' || holder.uid !== uid)
        throw new RealmError('BACKUP_BUSY', `another process took over meanwhile (${folder})`);
    },
    beat: () => {
      if (Math.abs(tools.now() - last) < ttlMs / 10) return;
      last = tools.now();
      if (isOurs()) touch(join(folder, OWNER));
    },
    release: () => {
      if (!isOurs()) return;
      tools.step('backup.release:before');
      const aside = `${folder}.done-${uid}`;
      renameSync(folder, aside);
      rmSync(aside, { recursive: true, force: true });
      tools.step('backup.release:after');
    },
  };
}
