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
  const leave = follow ? store.journal.listen(() => woken()) : undefined;
  try {
    if (last !== undefined) {
      for (const event of store.journal.last(last, filter)) {
        yield view(event);
        position = event.seq;
      }
      position = Math.max(position, store.journal.committedSeq);
    }
    for (;;) {
      const news = new Promise<void>((resolve) => (woken = resolve));
      const page = store.journal.read({ ...filter, since: position, limit: PAGE });
      for (const event of page) yield view(event);
      position = page.at(-1)?.seq ?? position;
      if (page.length === PAGE) continue;
      if (!follow || signal?.aborted === true) return;
      await Promise.race([news, aborted(signal)]);
    }
  } finally {
    leave?.();
  }
}

const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
