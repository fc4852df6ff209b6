// A disk that fails: the calls of node:fs below one folder are counted, and one of them answers as asked, or all fall short.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

export interface Fault {
  /** Absolute: only calls about what lies at or below it count. */
  readonly below: string;
  /** The n-th call that counts, from 1, fails; 0: none does. */
  readonly at: number;
  readonly code: 'EIO' | 'ENOSPC' | 'EACCES';
  /** Only these calls count. Default: all of them. */
  readonly calls?: readonly string[];
  /** Reads and writes move about half of what they could. */
  readonly isShort?: boolean;
}

export interface Seen {
  /** Calls that counted. */
  count: number;
  /** The one that failed: `writeSync /tmp/…`; undefined: none was reached. */
  failed: string | undefined;
}

type Call = (...args: unknown[]) => unknown;
const CALLS: readonly string[] = [
  'openSync',
  'closeSync',
  'readSync',
  'writeSync',
  'fsyncSync',
  'fstatSync',
  'fchmodSync',
  'futimesSync',
  'lstatSync',
  'statSync',
  'readdirSync',
  'readlinkSync',
  'readFileSync',
  'writeFileSync',
  'mkdirSync',
  'rmSync',
  'renameSync',
  'linkSync',
  'symlinkSync',
  'unlinkSync',
  'chmodSync',
  'utimesSync',
  'lutimesSync',
  'copyFileSync',
  'appendFileSync',
  'rmdirSync',
  'existsSync',
];
const CHANGED = fs as unknown as Record<string, Call>;

const error = (code: string, call: string, path: string): Error =>
  Object.assign(new Error(`${code}: as the test asked, ${call} '${path}'`), { code, syscall: call, path });

/** Every file of this process is meant, so only one at a time may be at work with what lies there. */
export async function withFault<T>(fault: Fault, work: () => Promise<T> | T): Promise<{ result: T; seen: Seen }> {
  const seen: Seen = { count: 0, failed: undefined };
  const original = new Map(CALLS.map((name) => [name, CHANGED[name]!]));
  const open = new Map<number, string>();
  for (const name of CALLS) CHANGED[name] = failing(name, original.get(name)!, open, fault, seen);
  syncBuiltinESMExports();
  try {
    return { result: await work(), seen };
  } finally {
    for (const [name, call] of original) CHANGED[name] = call;
    syncBuiltinESMExports();
  }
}

function failing(name: string, call: Call, open: Map<number, string>, fault: Fault, seen: Seen): Call {
  const isCounted = fault.calls === undefined || fault.calls.includes(name);
  return (...args) => {
    const path = pathOf(args[0], open);
    if (path === undefined || !(path === fault.below || path.startsWith(`${fault.below}/`))) return call(...args);
    if (isCounted) seen.count += 1;
    const isNow = isCounted && seen.count === fault.at;
    if (isNow) seen.failed = `${name} ${path}`;
    if (name === 'closeSync') open.delete(args[0] as number);
    if (isNow && name === 'closeSync') call(...args); // it is closed all the same
    if (isNow && name === 'existsSync') return false; // all that it can say
    if (isNow) throw error(fault.code, name, path);
    if (fault.isShort === true && (name === 'readSync' || name === 'writeSync')) return short(call, args);
    const result = call(...args);
    if (name === 'openSync') open.set(result as number, path);
    return result;
  };
}

function pathOf(subject: unknown, open: ReadonlyMap<number, string>): string | undefined {
  if (typeof subject === 'number') return open.get(subject);
  return Buffer.isBuffer(subject) ? subject.toString('latin1') : typeof subject === 'string' ? subject : undefined;
}

/** Both take: handle, buffer, offset, length, position; a text is written as it is. */
function short(call: Call, [handle, buffer, offset, length, position]: readonly unknown[]): unknown {
  if (!ArrayBuffer.isView(buffer)) return call(handle, buffer, offset, length);
  const from = typeof offset === 'number' ? offset : 0;
  const wanted = typeof length === 'number' ? length : buffer.byteLength - from;
  return call(handle, buffer, from, Math.ceil(wanted / 2), position ?? null);
}
