// Retention: events are archived before they go, in order, by number and by age, and readers are told.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { ARCHIVE_EVENTS } from '../../../core/store/retention.ts';
import type { Store } from '../../../core/store/store.ts';
import { lines, place, say, START } from './places.ts';

const archived = (dir: string): number[] =>
  existsSync(join(dir, 'archive'))
    ? readdirSync(join(dir, 'archive'))
        .flatMap((name) => lines(join(dir, 'archive', name)).map((line) => Number(line['id'])))
        .toSorted((one, other) => one - other)
    : [];
const tell = (store: Store, count: number): void => {
  for (let index = 0; index < count; index += 1) say(store, index);
  store.journal.flush();
};
const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

test('too many: whole files go to the archive, the rest stays, and together they are everything', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open({ limits: { maxEvents: 1000 } });
  tell(store, 1000 + 2 * ARCHIVE_EVENTS + 10);
  await clock.advance(1000);
  expect(archived(at.dir)).toEqual(upTo(2 * ARCHIVE_EVENTS));
  const kept = store.journal.read({ limit: 100_000 }).map((event) => event.seq);
  expect(kept).toEqual(upTo(store.journal.lastSeq, 2 * ARCHIVE_EVENTS + 1));
  expect(readdirSync(join(at.dir, 'archive')).toSorted()).toEqual([
    `events-1-${ARCHIVE_EVENTS}.jsonl`,
    `events-${ARCHIVE_EVENTS + 1}-${2 * ARCHIVE_EVENTS}.jsonl`,
  ]);
});

test('a reader from before is told the gap, one from after is not', async () => {
  const clock = virtualClock(START);
  const store = place(clock).open({ limits: { maxEvents: 1000 } });
  tell(store, 1000 + ARCHIVE_EVENTS);
  await clock.advance(1000);
  const [gap, next] = store.journal.read({ since: 5, type: 'plugin.*' });
  expect(gap).toMatchObject({ type: 'journal.gap', seq: ARCHIVE_EVENTS, data: { from: 6, to: ARCHIVE_EVENTS } });
  expect(next!.seq).toBe(ARCHIVE_EVENTS + 1);
  expect(store.journal.read({ since: ARCHIVE_EVENTS })[0]!.type).toBe('plugin.recovered');
  expect(store.journal.read()[0]!.type).toBe('plugin.recovered');
});

test('too old: they go after 30 days, but the newest stays, so that numbers go on', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open();
  tell(store, 3);
  await clock.advance(29 * 86_400_000);
  expect(archived(at.dir)).toEqual([]);
  await clock.advance(2 * 86_400_000);
  expect(archived(at.dir)).toEqual([1, 2]);
  expect(store.journal.read().map((event) => event.seq)).toEqual([3]);
  store.close();
  expect(say(at.open(), 'next')).toBe(4);
});

test('when the archive cannot be written, the events stay', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const crash = (name: string): void => {
    if (name === 'journal.archive:before') throw new Error('no archive');
  };
  const store = at.open({ limits: { maxEvents: 1000 }, crash });
  tell(store, 1000 + ARCHIVE_EVENTS);
  await clock.advance(1000);
  expect(store.journal.read({ limit: 100_000 })).toHaveLength(1000 + ARCHIVE_EVENTS);
  expect(at.troubles).toContain('retention of the journal: Error: no archive');
});

test('a query by resource, by type and by number finds exactly what a filter of all would', () => {
  const store = place().open();
  for (let index = 0; index < 50; index += 1) {
    const ref = index % 3 === 0 ? ('file/a' as const) : undefined;
    const type = index % 2 === 0 ? ('plugin.recovered' as const) : ('realm.stopped' as const);
    store.journal.append({ type, ref, actor: 'kernel', data: { plugin: 'x', reason: 'y' } });
  }
  store.journal.flush();
  const all = store.journal.read();
  const expected = all.filter((event) => event.ref === 'file/a' && event.type === 'realm.stopped' && event.seq > 20);
  expect(store.journal.read({ since: 20, ref: 'file/a', type: 'realm.*' })).toEqual(expected);
  expect(store.journal.last(2, { ref: 'file/a', type: ['realm.stopped'] })).toEqual(expected.slice(-2));
  expect(store.journal.read({ type: [] })).toEqual([]);
  expect(store.journal.read({ limit: 3 })).toEqual(all.slice(0, 3));
});
