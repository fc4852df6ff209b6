// One sign of life: read from the file of an agent, which may hold anything, and put beside the one before.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import type { Beat } from './facts.ts';
import type { AgentSpec } from './spec.ts';
import { messageOf } from './words.ts';

/** A clock that is no further ahead than this is not worth a word. */
const SKEW_MS = 2_000;
/** More than this of a file is not read: it is a heartbeat, no log. */
const MOST_BYTES = 64 * 1024;

/** The file in which it beats, absolute; undefined: it beats otherwise, or not at all. */
export function beatFile({ home, heartbeat }: AgentSpec, root: string): string | undefined {
  const file = heartbeat?.file ?? (heartbeat?.http === undefined && heartbeat?.token !== true);
  if (heartbeat === undefined || file === false) return undefined;
  if (file === true) return join(home, 'heartbeat.json');
  if (isAbsolute(file)) return file;
  return join(file.includes('/') ? root : home, file);
}

export interface Sign {
  readonly stamp: string;
  /** When it says it was made, ms; may lie in the future. */
  readonly at: number;
  readonly says: Beat['says'];
}

/** What the file says, or why it says nothing; never waits, and never throws. */
export function readSign(file: string): Sign | { readonly why: string } {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { why: code === 'ENOENT' ? `no ${basename(file)}` : `${basename(file)} cannot be read (${code})` };
  }
  try {
    const found = fstatSync(handle, { bigint: true });
    if (!found.isFile()) return { why: `${basename(file)} is no file` };
    const stamp = `${found.mtimeNs}.${found.ino}.${found.size}`;
    return { stamp, at: Number(found.mtimeNs / 1_000_000n), says: saidIn(handle, Number(found.size)) };
  } catch (error) {
    return { why: `${basename(file)} cannot be read: ${messageOf(error)}` };
  } finally {
    closeSync(handle);
  }
}

/** Half-written, or something else than JSON: that it was written is what counts. */
function saidIn(handle: number, size: number): Beat['says'] {
  if (size > MOST_BYTES) return null;
  const bytes = Buffer.alloc(size);
  const length = readSync(handle, bytes, 0, size, 0);
  try {
    return saysOf(JSON.parse(bytes.toString('utf8', 0, length)));
  } catch {
    return null; // it lives, and says nothing that is understood
  }
}

export function saysOf(value: unknown): Beat['says'] {
  const state = typeof value === 'object' && value !== null ? (value as { state?: unknown }).state : undefined;
  return state === 'busy' || state === 'idle' ? state : null;
}

/**
 * The beat that a sign makes. From the future it counts as of when it was noticed, and only once; one whose clock is behind,
 * too, where somebody was listening (`isLive`) and so knows that it is new. What a restore put back is older than the last.
 */
export function beatOf(sign: Sign, before: Beat | null, now: number, patienceMs: number, isLive = false): Beat {
  if (before?.stamp === sign.stamp) return before;
  const isNew = before === null || sign.at > before.madeAt;
  const isBehind = isLive && isNew && now - sign.at > patienceMs / 2;
  const heardAt = isBehind ? now : Math.min(sign.at, now);
  // What was heard stays heard.
  const at = before === null || before.at > now ? heardAt : Math.max(heardAt, before.at);
  const skewMs = isBehind || sign.at > now + SKEW_MS ? sign.at - now : 0;
  const isGap = before === null || at - before.at >= patienceMs || at < before.at;
  return {
    at,
    madeAt: sign.at,
    steadySince: isGap ? at : before.steadySince,
    says: sign.says,
    skewMs,
    stamp: sign.stamp,
  };
}
