// Reads events for a door: the stored ones, then, when asked to follow, each new one until the reader leaves.
import type { Door, EventView } from '../api/door.ts';
import type { RealmEvent } from '../contract/events.ts';
import type { Scene } from './scene.ts';

const PAGE = 1_000;

export async function* events(
  query: Parameters<Door['events']>[0],
  { store }: Scene,
  signal: AbortSignal | undefined,
  view: (event: RealmEvent) => EventView,
): AsyncGenerator<EventView> {
  const { since, last, follow = false, type, ref } = query;
  const filter = { ...(type === undefined ? {} : { type }), ...(ref === undefined ? {} : { ref }) };
  let position = since ?? 0;
  let woken = (): void => {};
  const ended = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  const leave = follow ? store.journal.listen(() => woken()) : undefined;
  try {
    if (last !== undefined) {
      position = Math.max(position, store.journal.committedSeq); // what is committed while these are read comes after
      for (const event of store.journal.last(last, filter)) yield view(event);
    }
    for (;;) {
      const news = new Promise<void>((resolve) => (woken = resolve));
      const page = store.journal.read({ ...filter, since: position, limit: PAGE });
      for (const event of page) yield view(event);
      position = page.at(-1)?.seq ?? position;
      if (page.length >= PAGE) continue; // a gap may stand before a whole page
      if (!follow || signal?.aborted === true) return;
      await Promise.race([news, ended]);
    }
  } finally {
    leave?.();
  }
}
