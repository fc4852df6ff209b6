// The lease: exactly one process at a time works on a state folder, and everybody can see which one.
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { isoTime, sleep } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import { noCrash } from '../crash.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { thisSystem } from '../os/system.ts';
import { makeStateFolder } from '../store/folder.ts';
import type { Random } from '../random.ts';
import { VERSION } from '../kernel/version.ts';
import { requireLocal } from './filesystem.ts';
import type { LeaseRecord } from './lease-file.ts';
import { claimFile, heartbeatOf, isHolderAlive, leaseFile, processNamespace, readRecord } from './lease-file.ts';

export interface LeaseHolder extends LeaseRecord {
  /** For display only: when it last showed itself. UTC ISO 8601, or null when unknown. */
  readonly heartbeatAt: string | null;
}

export interface Lease {
  readonly holder: LeaseHolder;
  /** Aborted when the file is no longer ours: somebody deleted or replaced it by hand, or took the right to write it. Stop writing then. */
  readonly lost: AbortSignal;
  /** Gives the lease back. A second call does nothing. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  readonly stateDir: string;
  /** Shown to those who wait: `daemon`, `apply`, `action backup.run`. */
  readonly purpose: string;
  /** false: throw LEASE_BUSY at once instead of waiting. Default true. */
  readonly wait?: boolean;
  /** Who can be asked instead is not waited for: LEASE_BUSY, also when it becomes the holder only meanwhile. */
  readonly unless?: (holder: LeaseHolder) => boolean;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  /** Called once for each holder that is waited for. */
  readonly onWait?: (holder: LeaseHolder) => void;
  readonly crash?: CrashPoint;
}

const HEARTBEAT_MS = 2_000;
const POLL_MS = 100;

/**
 * Waits for the lease and takes it. Throws LEASE_BUSY (with `wait: false`, or `unless`), STORE_UNSAFE_FILESYSTEM,
 * LEASE_UNREADABLE, or the signal's reason.
 */
export async function acquire(options: AcquireOptions): Promise<Lease> {
  const { stateDir, signal, clock, random } = options;
  await requireLocal(stateDir);
  makeStateFolder(stateDir);
  let told = '';
  for (;;) {
    signal.throwIfAborted();
    const record = describeSelf(options);
    const busy = attempt(record, options);
    if (busy === undefined) return hold(record, options);
    if (options.wait === false || options.unless?.(busy) === true) throw leaseBusy(busy);
    if (busy.token !== told) options.onWait?.(busy);
    told = busy.token;
    await sleep(clock, POLL_MS * (0.5 + random.next()), signal);
  }
}

/** Who holds the lease, or undefined when nobody alive does. Writes nothing. */
export async function read(stateDir: string, clock: Clock): Promise<LeaseHolder | undefined> {
  const seen = look(stateDir);
  const last = seen.chain.at(-1);
  return last !== undefined && isHolderAlive(last, seen.heartbeatAt, clock.now()) ? asHolder(last, seen) : undefined;
}

export function leaseBusy(holder: LeaseHolder): RealmError {
  return new RealmError(
    'LEASE_BUSY',
    `this realm is held by process ${holder.pid} (${holder.purpose}) since ${holder.since}`,
    { hint: holder.purpose === 'daemon' ? 'realm down' : 'wait for it to end, or run without --no-wait' },
  );
}

interface Seen {
  /** The record in lease.json, then the claim after it, and the claim after that: the last one counts. */
  readonly chain: readonly LeaseRecord[];
  readonly heartbeatAt: number | undefined;
}

function look(stateDir: string): Seen {
  const chain: LeaseRecord[] = [];
  let path = leaseFile(stateDir);
  let next = readRecord(path);
  const first = next?.token;
  let heartbeatAt: number | undefined;
  while (next !== undefined) {
    chain.push(next);
    heartbeatAt = heartbeatOf(path);
    path = claimFile(stateDir, next.token);
    next = readRecord(path);
  }
  const hasMoved = readRecord(leaseFile(stateDir))?.token !== first; // a takeover ended while we walked
  return hasMoved ? look(stateDir) : { chain, heartbeatAt };
}

const asHolder = (record: LeaseRecord, seen: Seen): LeaseHolder => ({
  ...record,
  heartbeatAt: seen.heartbeatAt === undefined ? null : isoTime(seen.heartbeatAt),
});

function describeSelf({ purpose, clock, random }: AcquireOptions): LeaseRecord {
  const identity = thisSystem().identityOf(process.pid);
  if (identity === undefined) throw new RealmError('INTERNAL', `process ${process.pid} cannot see itself`);
  const about = { purpose, version: VERSION, since: isoTime(clock.now()), namespace: processNamespace() };
  return { ...identity, token: random.id(16), ...about };
}

/**
 * One try. Returns the holder that is in the way, or undefined when the lease is ours.
 *
 * A whole file is prepared aside and linked into place, because link(2) fails when the name exists: a free lease is
 * taken by linking lease.json, a dead holder's by linking the claim that follows it. Tokens never repeat, so a claim
 * won while lease.json still begins the same chain is won for good; otherwise somebody was faster and it is void.
 */
function attempt(record: LeaseRecord, { stateDir, clock, crash = noCrash }: AcquireOptions): LeaseHolder | undefined {
  const draft = join(stateDir, `lease.draft-${process.pid}-${record.token}`);
  for (;;) {
    const seen = look(stateDir);
    const last = seen.chain.at(-1);
    if (last !== undefined && isHolderAlive(last, seen.heartbeatAt, clock.now())) return asHolder(last, seen);
    writeDraft(draft, record);
    try {
      crash('lease.take:before');
      const isMine =
        last === undefined ? link(draft, leaseFile(stateDir)) : succeed(draft, record, seen, stateDir, crash);
      crash('lease.take:after');
      if (!isMine) continue;
      sweep(stateDir, record);
      return undefined;
    } finally {
      rmSync(draft, { force: true });
    }
  }
}

function succeed(draft: string, record: LeaseRecord, seen: Seen, stateDir: string, crash: CrashPoint): boolean {
  const dead = seen.chain.at(-1)!;
  const claim = claimFile(stateDir, dead.token);
  if (!link(draft, claim)) return false;
  const now = look(stateDir).chain.map(({ token }) => token);
  const expected = [...seen.chain.map(({ token }) => token), record.token];
  if (now.join() !== expected.join()) {
    rmSync(claim, { force: true });
    return false;
  }
  crash('lease.takeover:before');
  renameSync(draft, leaseFile(stateDir));
  crash('lease.takeover:after');
  for (const { token } of seen.chain) rmSync(claimFile(stateDir, token), { force: true });
  return true;
}

/** false: the name is taken, or somebody in another container swept the draft away; both mean: look again. */
function link(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error;
    throw new RealmError('STORE_UNSAFE_FILESYSTEM', `the filesystem of ${path} knows no hard links`, {
      hint: 'put the state on a local disk: --state DIR',
      cause: error,
    });
  }
}

/** On disk before it gets its name, so that a power cut cannot leave an empty lease. */
function writeDraft(path: string, record: LeaseRecord): void {
  const handle = openSync(path, 'w', 0o600);
  try {
    writeSync(handle, `${JSON.stringify(record, null, 2)}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Removes what others left when they were killed in the middle of a try. Such claims are void by now. */
function sweep(stateDir: string, mine: LeaseRecord): void {
  for (const name of readdirSync(stateDir)) {
    const draft = /^lease\.draft-(\d+)-[0-9a-f]+$/.exec(name);
    const isClaim = /^lease\.after-[0-9a-f]+\.json$/.test(name);
    if ((draft === null && !isClaim) || name.includes(mine.token)) continue;
    const path = join(stateDir, name);
    const isInUse = draft === null ? isOfSomeoneAlive(path) : thisSystem().identityOf(Number(draft[1])) !== undefined;
    if (!isInUse) rmSync(path, { force: true });
  }
}

function isOfSomeoneAlive(claim: string): boolean {
  const record = readRecord(claim);
  return record !== undefined && thisSystem().isAlive(record);
}

function hold(record: LeaseRecord, { stateDir, clock, crash = noCrash }: AcquireOptions): Lease {
  const path = leaseFile(stateDir);
  const lost = new AbortController();
  let timer: Timer | undefined;
  const isOurs = (): boolean => {
    try {
      return readRecord(path)?.token === record.token;
    } catch {
      return false; // damaged by somebody else is as good as replaced
    }
  };
  const lose = (why: string, cause?: unknown): void =>
    lost.abort(new RealmError('LEASE_LOST', `${path} ${why}`, { cause }));
  const beat = (): void => {
    if (!isOurs()) return lose('was deleted or replaced while it was held');
    crash('lease.beat:before');
    try {
      utimesSync(path, clock.now() / 1000, clock.now() / 1000);
    } catch (error) {
      return lose(`can no longer be written: ${messageOf(error)}`, error); // others would soon count its holder as dead
    }
    crash('lease.beat:after');
    timer = clock.after(HEARTBEAT_MS, beat);
  };
  timer = clock.after(HEARTBEAT_MS, beat);
  return {
    holder: { ...record, heartbeatAt: record.since },
    lost: lost.signal,
    async release() {
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      if (isOurs()) rmSync(path, { force: true });
    },
  };
}
