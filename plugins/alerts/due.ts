// Decides, for one target, what goes to it now and when to look again. Pure: rows, spec and time come in as values.
import type { Progress, Waiting } from './outbox.ts';
import { isHeld } from './quiet.ts';
import type { AlertSpec } from './spec.ts';

export interface Due {
  /** Goes out as one message. */
  readonly batch: readonly Waiting[];
  /** ms; undefined: nothing waits. */
  readonly lookAt: number | undefined;
}

const MOST_AT_ONCE = 50;
/** Quiet hours end on a minute of the clock on the wall. */
const QUIET_LOOK_MS = 30_000;

/** `minute`: of the day, where the people of the realm are. A clock that was set back holds nothing up. */
export function dueFor(
  target: string,
  waiting: readonly Waiting[],
  { tries, retryAt }: Progress,
  spec: AlertSpec,
  { now, minute }: { readonly now: number; readonly minute: number },
): Due {
  const mine = waiting.filter(({ left }) => left.includes(target));
  const free = mine.filter(({ item }) => !isHeld(item, spec, minute));
  const quietLook = free.length < mine.length ? now + QUIET_LOOK_MS : undefined;
  if (free.length === 0) return { batch: [], lookAt: quietLook };
  const ripeAt = Math.min(...free.map(({ item }) => (item.queuedAt > now ? now : item.queuedAt + spec.digest)));
  const longestMs = spec.retry.backoff.toMs * 2;
  const mayAt = tries === 0 || retryAt > now + longestMs ? ripeAt : Math.max(ripeAt, retryAt);
  if (mayAt > now) return { batch: [], lookAt: Math.min(mayAt, quietLook ?? mayAt) };
  return { batch: free.slice(0, MOST_AT_ONCE), lookAt: now };
}

/** Doubled for each failed try, give or take a quarter, never beyond the longest. */
export function pauseAfter(tries: number, { retry }: AlertSpec, random: number): number {
  const { fromMs, toMs } = retry.backoff;
  return Math.min(toMs, fromMs * 2 ** Math.min(tries - 1, 30) * (0.75 + random / 2));
}
