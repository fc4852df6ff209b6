// With the disk of the state full no row can be written, and a person is told all the same; nothing is told twice afterwards.
import { expect, test } from 'vitest';
import { crashLoop } from './news.ts';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

test('what is critical is told from memory, once, and the rest when there is room again', async () => {
  const phone = await receiver();
  const realm = await alerted(
    `  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s, retry: { backoff: 1s..5s } }\n`,
  );
  const { store } = realm.kernel;
  store.allowPages(1); // never fewer than there are
  phone.mood = 500;
  expect(() => {
    for (let n = 0; ; n += 1) store.rows.set('ballast', String(n), 'x'.repeat(20_000));
  }).toThrow(expect.objectContaining({ code: 'STORE_FULL' }) as Error);
  realm.kernel.emit('plugin.recovered', { plugin: 'y'.repeat(200_000) }); // what does not fit into what a refused row leaves
  await realm.pass(3_000);
  expect(phone.tries).toBeGreaterThan(1);
  phone.mood = 200;
  await realm.pass(10_000);
  for (const name of ['web', 'web', 'db']) {
    realm.kernel.emit('service.crashlooping', crashLoop(name), `service/${name}`);
    await realm.pass(1_000);
  }
  realm.kernel.emit('plugin.degraded', { plugin: 'x', where: 'apply', message: 'threw' });
  await realm.pass(120_000);
  expect(store.health).toBe('full');
  const direct = ['realm/state full', 'service/web crashlooping', 'service/db crashlooping'];
  expect(phone.heard()).toEqual(direct);
  store.allowPages(100_000);
  await realm.pass(600_000);
  expect(store.health).toBe('ok');
  expect(phone.heard()).toEqual([...direct, 'plugin/x degraded', 'realm/state recovered']);
  expect(phone.got.flatMap(({ body }) => body.items)).toHaveLength(5);
});
