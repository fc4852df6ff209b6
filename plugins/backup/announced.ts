// A change that somebody said would come: the next one of the policy is approved with these words. A file, since runs write it.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { absent, writeAtomic } from 'realm-runner/plugin';
import type { Agreement } from './approval.ts';

/** How long one may take to make it. */
export const ANNOUNCED_MS = 3_600_000;

interface Announcement extends Agreement {
  /** ms */
  readonly at: number;
}

const fileOf = (policy: string, data: string): string => join(data, 'announced', `${encodeURIComponent(policy)}.json`);

export const announce = (policy: string, { by, why, at }: Announcement, data: string): void =>
  writeAtomic(fileOf(policy, data), `${JSON.stringify({ by, why, at })}\n`);

/** Undefined when nobody did within the last hour; one from the future is of a clock that was wrong. */
export function announced(policy: string, now: number, data: string): Agreement | undefined {
  try {
    const said = JSON.parse(readFileSync(fileOf(policy, data), 'utf8')) as Partial<Announcement> | null;
    const { by, why, at } = said ?? {};
    if (typeof by !== 'string' || typeof why !== 'string' || typeof at !== 'number') return undefined;
    return at <= now && now - at < ANNOUNCED_MS ? { by, why } : undefined;
  } catch {
    return undefined; // none, or damaged by somebody: then nobody agreed
  }
}

/** It was for one change. */
export function forgetAnnounced(policy: string, data: string): void {
  try {
    rmSync(fileOf(policy, data));
  } catch (error) {
    absent('ENOENT')(error);
  }
}
