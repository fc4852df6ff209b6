// Reads events for a door: the stored ones, then, when asked to follow, each new one until the reader leaves.
import type { Door, EventView } from '../api/door.ts';
import type { RealmEvent } from '../contract/events.ts';
import { RealmError } from '../errors.ts';
import type { Scene } from './scene.ts';

const PAGE = 1_000;

export async function* events(
  query: Parameters<Door['events']>[0],
  { store }: Scene,
  signal: AbortSignal | undefined,
  view: (event: RealmEvent) => EventView,
  isActing: boolean,
): AsyncGenerator<EventView> {
  const { since, last, follow = false, type, ref } = query;
  const filter = { ...(type === undefined ? {} : { type }), ...(ref === undefined ? {} : { ref }) };
  let position = since ?? 0;
  let woken = (): void => {};
  const wake = (): void => woken();
  signal?.addEventListener('abort', wake);
  const leave = follow ? store.journal.listen(wake) : undefined;
  try {
    if (last !== undefined) {
      position = Math.max(position, store.journal.committedSeq); // what is committed while these are read comes after
      for (const event of store.journal.last(last, filter)) yield view(event);
    }
    for (;;) {
      const news = new Promise<void>((resolve) => (woken = resolve));
      const end = store.journal.committedSeq;
      const page = store.journal.read({ ...filter, since: position, limit: PAGE });
      for (const event of page) yield view(event);
      position = page.at(-1)?.seq ?? position;
      if (page.length >= PAGE) continue; // a gap may stand before a whole page
      position = Math.max(position, end); // what else was committed by then is none of those asked for
      if (!follow || signal?.aborted === true) return;
      if (!isActing) throw nobodyActs();
      await news;
    }
  } finally {
    signal?.removeEventListener('abort', wake);
    leave?.();
  }
}

/** Whoever only reads the store hears nothing of what others write there. */
const nobodyActs = (): RealmError =>
  new RealmError('DAEMON_ABSENT', 'nobody works on this realm, so nothing more happens here', { hint: 'realm up' });
