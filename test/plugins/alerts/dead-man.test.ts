// A stranger's URL is asked while the daemon lives, and no longer.
import { expect, test } from 'vitest';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

test('it is asked once for each interval, however its answers are; a failure is shown', async () => {
  const stranger = await receiver();
  const alerts = `  phone: { to: [{ file: told.jsonl }], deadMan: { url: "${stranger.url}", every: 1m } }\n`;
  const realm = await alerted(alerts);
  await realm.pass(600_000);
  expect(stranger.got).toHaveLength(11);
  expect(stranger.got[0]).toMatchObject({ method: 'GET', text: '' });
  stranger.mood = 500;
  await realm.pass(60_000);
  const degraded = () => realm.kernel.scene.rows.get('alert/phone')?.conditions.find(({ type }) => type === 'Degraded');
  expect(degraded()).toMatchObject({ status: 'True', message: 'deadMan: it answered 500' });
  stranger.mood = 200;
  await realm.pass(60_000);
  expect(degraded()).toMatchObject({ status: 'False' });
  await realm.realm.stop(realm.kernel);
  const { tries } = stranger;
  await realm.pass(600_000);
  expect(stranger.tries).toBe(tries);
  await realm.again();
});
