// Stays until everything that is declared is ready: for scripts that go on after `realm up`.
import type { ConditionView, Door, ResourceView } from '../api/door.ts';
import { type Clock, sleep } from '../clock.ts';
import { RealmError } from '../errors.ts';
import { printable } from './render/text.ts';
import { exactSpan } from './render/time.ts';

const AGAIN_MS = 200;
/** For so long it has to have been ready: without a probe, what ends again at once is ready for the moment it lives. */
const SETTLE_MS = 1_000;
/** So many are named. */
const NAMED = 5;

interface Unready {
  readonly ref: string;
  readonly why: string;
}

/**
 * Throws NOT_READY when `timeoutMs` is over, and before that when waiting alone helps nobody: something is in a crash loop or
 * stalled, or the newest config is invalid. What lives elsewhere, is not enabled or was stopped by somebody is not waited for.
 */
export async function untilReady(
  door: Door,
  timeoutMs: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  let isLate = false;
  const timer = clock.after(timeoutMs, () => (isLate = true)); // a timer, since the clock may be set back meanwhile
  try {
    for (;;) {
      const unready = await unreadyNow(door, clock);
      if (unready.length === 0) return;
      if (isLate) throw notReady(unready, `after ${exactSpan(timeoutMs)}`);
      await sleep(clock, AGAIN_MS, signal);
    }
  } finally {
    timer.cancel();
  }
}

async function unreadyNow(door: Door, clock: Clock): Promise<readonly Unready[]> {
  const { resources, configError } = await door.status();
  if (configError !== null)
    throw new RealmError('NOT_READY', `Not ready: an older config is in force. ${configError}`, {
      hint: 'realm validate',
    });
  const awaited = resources.filter(isAwaited);
  const stuck = awaited.flatMap((view) => stuckOf(view) ?? []);
  if (stuck.length > 0) throw notReady(stuck, 'and will not be by waiting alone');
  const unready = awaited.flatMap((view) => unreadyOf(view, clock.now()) ?? []);
  return unready.length > 0 ? unready : moved(door);
}

const conditionOf = ({ conditions }: ResourceView, type: string): ConditionView | undefined =>
  conditions.find((one) => one.type === type);

function isAwaited(view: ResourceView): boolean {
  const reason = conditionOf(view, 'Ready')?.reason;
  return view.overrides === undefined && reason !== 'Disabled' && reason !== 'Elsewhere';
}

/** What is known of an earlier daemon, or of another declaration, says nothing. */
const isKnown = (view: ResourceView): boolean =>
  view.unseen === undefined && view.observedGeneration === view.generation;

/** Also while it happens to be ready: what loops lives for a moment now and then. */
function stuckOf(view: ResourceView): Unready | undefined {
  const told = [conditionOf(view, 'CrashLoop'), conditionOf(view, 'Stalled')].find((one) => one?.status === 'True');
  if (told === undefined || !isKnown(view)) return undefined;
  const { ref, ready } = view;
  return { ref, why: ready === true ? 'it ended again and again, and happens to be ready just now' : firstLine(told) };
}

function unreadyOf(view: ResourceView, now: number): Unready | undefined {
  const { ref } = view;
  const ready = conditionOf(view, 'Ready');
  if (!isKnown(view) || view.ready !== true) return { ref, why: firstLine(ready) };
  // Far in the future is as good as long ago: the clock was set back meanwhile.
  if (ready === undefined || Math.abs(now - Date.parse(ready.since)) >= SETTLE_MS) return undefined;
  return { ref, why: `ready for less than ${exactSpan(SETTLE_MS)}` };
}

const firstLine = (condition: ConditionView | undefined): string =>
  condition?.message.split('\n')[0] || 'not looked at yet';

/** The world may have moved since it was looked at. */
async function moved(door: Door): Promise<readonly Unready[]> {
  const { changes } = await door.plan({});
  return changes
    .filter(({ held }) => held === undefined)
    .map(({ ref }) => ({ ref, why: 'it is not as it is declared' }));
}

function notReady(all: readonly Unready[], when: string): RealmError {
  const named = all.slice(0, NAMED).map(({ ref, why }) => `${ref} (${printable(why)})`);
  const more = all.length > NAMED ? `, and ${all.length - NAMED} more` : '';
  return new RealmError('NOT_READY', `Not ready ${when}: ${named.join(', ')}${more}`, {
    hint: `realm why ${all[0]!.ref}`,
  });
}
