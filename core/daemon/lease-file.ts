// The lease as it lies on disk: one JSON file, and the claims of those who succeed a dead holder.
import { readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Identity } from '../contract/processes.ts';
import { RealmError } from '../errors.ts';
import { readText, wholeJson } from '../files.ts';
import { thisSystem } from '../os/system.ts';
import { unreadable } from '../store/folder.ts';

/** What a holder writes about itself. */
export interface LeaseRecord extends Identity {
  readonly token: string;
  readonly purpose: string;
  readonly version: string;
  /** UTC ISO 8601. */
  readonly since: string;
  /** Which process namespace `pid` is counted in (containers have their own); empty where there is no such thing. */
  readonly namespace: string;
}

export const leaseFile = (stateDir: string): string => join(stateDir, 'lease.json');
/** The file that whoever succeeds the holder with this token must create first; only one can. */
export const claimFile = (stateDir: string, token: string): string => join(stateDir, `lease.after-${token}.json`);

/** A holder in another container cannot be seen; it counts as gone when it has not shown itself for this long. */
export const FOREIGN_SILENCE_MS = 60_000;

export function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return ''; // no /proc: a system without process namespaces
  }
}

const TEXT_FIELDS = ['startTime', 'bootId', 'token', 'purpose', 'version', 'since', 'namespace'] as const;

function isRecord(value: unknown): value is LeaseRecord {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  const isText = (name: string): boolean => typeof fields[name] === 'string';
  return (
    Number.isSafeInteger(fields['pid']) && TEXT_FIELDS.every(isText) && /^[0-9a-f]+$/.test(String(fields['token']))
  );
}

/** The record in a file, or undefined when there is none. Throws LEASE_UNREADABLE when somebody damaged it, STORE_UNREADABLE. */
export function readRecord(path: string): LeaseRecord | undefined {
  let text: string | undefined;
  try {
    text = readText(path);
  } catch (error) {
    throw unreadable(dirname(path), error);
  }
  if (text === undefined) return undefined;
  const value = wholeJson(text);
  if (isRecord(value)) return value;
  throw new RealmError('LEASE_UNREADABLE', `${path} is damaged, so nobody can tell who holds this realm`, {
    hint: `make sure that no \`realm\` process works on it, then delete ${path}`,
  });
}

/** When the holder last showed itself (ms), or undefined when the file is gone. */
export function heartbeatOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/**
 * Whether the holder still lives. On this boot its identity alone decides: a stopped or slow process is alive.
 * Another boot: dead. Another process namespace on this boot: judged by its heartbeat, because nothing else can be seen.
 */
export function isHolderAlive(record: LeaseRecord, heartbeatAt: number | undefined, now: number): boolean {
  const system = thisSystem();
  if (record.bootId !== system.bootId()) return false;
  if (record.namespace === processNamespace()) return system.isAlive(record);
  return heartbeatAt !== undefined && now - heartbeatAt < FOREIGN_SILENCE_MS;
}
