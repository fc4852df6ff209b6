// How long to wait after a failure, and until the next look: pure numbers, chance given.
import type { Random } from '../random.ts';

export const FIRST_BACKOFF_MS = 250;
export const LONGEST_BACKOFF_MS = 5 * 60_000;
/** A resync comes up to this part of its period earlier or later, so that resources do not move in step. */
export const RESYNC_JITTER = 0.2;

/**
 * The pause after the `attempt`-th failure in a row (1 is the first): anything from 1 ms to a limit that begins at
 * 250 ms, doubles, and stops growing at 5 minutes ("full jitter", Brooker 2015).
 */
export function backoffMs(attempt: number, random: Random): number {
  const doublings = attempt > 1 ? attempt - 1 : 0;
  const limit = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** doublings);
  return 1 + Math.floor(random.next() * limit);
}

/** Regular looks fall on multiples of this, so that a machine at rest is woken once for many of them, not for each. */
const TICK_MS = 6_000;

/** When to look again although nothing happened; undefined when the period is 0: only when woken. */
export function resyncIn(periodMs: number, random: Random, now: number): number | undefined {
  if (!(periodMs > 0)) return undefined;
  const inMs = Math.max(1, Math.round(periodMs * (1 - RESYNC_JITTER + 2 * RESYNC_JITTER * random.next())));
  return inMs < 4 * TICK_MS ? inMs : Math.round((now + inMs) / TICK_MS) * TICK_MS - now;
}
