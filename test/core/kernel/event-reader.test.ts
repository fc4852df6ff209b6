// Whoever follows the events for weeks costs no more than whoever reads them once.
import { queryObjects } from 'node:v8';
import { expect, test } from 'vitest';
import { nextTurn } from '../../../core/clock.ts';
import { testRealm } from './realm.ts';

const promises = (): number => queryObjects(Promise, { format: 'count' });

test('a reader that follows keeps nothing of what it has read, and ends at once when it is told to', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [file]\n' });
  const kernel = await realm.open();
  await kernel.start();
  const leave = new AbortController();
  let read = 0;
  const reading = (async () => {
    for await (const event of realm.door(kernel).events({ follow: true }, leave.signal))
      if (event.type === 'plugin.recovered') read += 1;
  })();
  const emit = async (times: number): Promise<void> => {
    for (let at = 0; at < times; at++) {
      kernel.emit('plugin.recovered', { plugin: 'x' });
      kernel.store.journal.flush();
      await nextTurn();
    }
  };
  await emit(100);
  const before = promises();
  await emit(400);
  expect(read).toBe(500);
  expect(promises() - before).toBeLessThan(100);
  leave.abort();
  await reading;
  await realm.stop(kernel);
});

test('a reader that follows one type does not go through all others again each time', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [file]\n' });
  const kernel = await realm.open();
  await kernel.start();
  const { journal } = kernel.store;
  const from: number[] = [];
  const read = journal.read.bind(journal);
  journal.read = (query) => {
    from.push(query?.since ?? 0);
    return read(query);
  };
  const leave = new AbortController();
  const heard: string[] = [];
  const reading = (async () => {
    for await (const { type } of realm.door(kernel).events({ follow: true, type: 'plugin.degraded' }, leave.signal))
      heard.push(type);
  })();
  for (let at = 0; at < 20; at++) {
    kernel.emit('plugin.recovered', { plugin: 'x' });
    journal.flush();
    await nextTurn();
  }
  expect(from.at(-1)).toBeGreaterThanOrEqual(journal.committedSeq - 2);
  kernel.emit('plugin.degraded', { plugin: 'x', where: 'here', message: 'hm' });
  journal.flush();
  await nextTurn();
  expect(heard).toEqual(['plugin.degraded']);
  leave.abort();
  await reading;
  await realm.stop(kernel);
});
