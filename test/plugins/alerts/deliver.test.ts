// Messages get through receivers that refuse, hang, lose answers and are down, over deaths of the daemon and leaps of the clock.
import { expect, test } from 'vitest';
import { crashLoop } from './news.ts';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

const TOLD = ['service/web crashlooping'];
const one = (url: string, more = ''): string =>
  `  phone: { to: [{ webhook: "${url}" }], digest: 0s, timeout: 10s, retry: { backoff: 1s..10m }${more} }\n`;

test('a receiver that is down is tried with growing pauses until it has got it', async () => {
  const phone = await receiver();
  phone.mood = 503;
  const realm = await alerted(one(phone.url));
  await realm.emit('service.crashlooping', crashLoop('web'));
  expect(phone.tries).toBe(1);
  await realm.pass(3_600_000);
  const { tries } = phone;
  expect(tries).toBeGreaterThan(10);
  expect(tries).toBeLessThan(25);
  const [first] = realm.events('alert.failed');
  expect(first).toMatchObject({ alert: 'phone', why: 'it answered 503', tries: 1, isGivenUp: false });
  phone.mood = 200;
  await realm.pass(900_000);
  expect(phone.heard()).toEqual([...TOLD, 'alert/phone failing', 'alert/phone recovered']);
});

test('one that asks for a pause gets it, but no longer than the longest', async () => {
  const phone = await receiver();
  phone.mood = 429;
  phone.headers = { 'retry-after': '120' };
  const realm = await alerted(one(phone.url));
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(118_000);
  expect(phone.tries).toBe(1);
  phone.headers = { 'retry-after': '999999999' };
  await realm.pass(3_000);
  expect(phone.tries).toBe(2);
  phone.mood = 200;
  await realm.pass(601_000);
  expect(phone.heard()).toEqual(TOLD);
});

test('one that hangs is left after the timeout, and delays no other', async () => {
  const [stuck, phone] = [await receiver(), await receiver()];
  stuck.mood = 'hang';
  const alerts = `  both: { to: [{ webhook: "${stuck.url}" }, { webhook: "${phone.url}" }], digest: 0s, timeout: 10s }\n`;
  const realm = await alerted(alerts, { hangs: [stuck] });
  await realm.emit('service.crashlooping', crashLoop('web'));
  expect(phone.heard()).toEqual(TOLD);
  await realm.pass(9_000);
  expect(realm.events('alert.failed')).toEqual([]);
  await realm.pass(2_000);
  expect(realm.events('alert.failed')).toMatchObject([{ why: 'no answer within 10 s' }]);
});

test('an answer that is lost means a repetition with the same id', async () => {
  const phone = await receiver();
  phone.mood = 'lose';
  const realm = await alerted(one(phone.url));
  await realm.emit('service.crashlooping', crashLoop('web'));
  phone.mood = 200;
  await realm.pass(5_000);
  expect(phone.got).toHaveLength(2);
  expect(phone.got[0]!.body.id).toBe(phone.got[1]!.body.id);
  expect(phone.heard()).toEqual(TOLD);
});

test('a redirect is not followed: what is secret goes nowhere else', async () => {
  const [phone, thief] = [await receiver(), await receiver()];
  phone.mood = 307;
  phone.headers = { location: thief.url };
  const realm = await alerted(one(phone.url));
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(5_000);
  expect(thief.tries).toBe(0);
  expect(realm.events('alert.failed')[0]).toMatchObject({ why: 'it answered 307' });
});

test('a daemon that dies tells it in its next life, with the pause it had begun', async () => {
  const phone = await receiver();
  phone.mood = 500;
  const realm = await alerted(one(phone.url));
  await realm.emit('service.crashlooping', crashLoop('web'));
  phone.mood = 200;
  await realm.again();
  await realm.pass(5_000);
  expect(phone.heard()).toEqual(TOLD);
  await realm.again();
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(60_000);
  expect(phone.got).toHaveLength(1);
});

test('a clock that is set back by a day, or on by a year, holds nothing up', async () => {
  const phone = await receiver();
  phone.mood = 500;
  const realm = await alerted(
    `  phone: { to: [{ webhook: "${phone.url}" }], digest: 1m, retry: { backoff: 30s..1m } }\n`,
  );
  await realm.emit('service.crashlooping', crashLoop('web'));
  realm.realm.clock.jump(-86_400_000);
  await realm.pass(61_000);
  expect(phone.tries).toBeGreaterThan(0);
  phone.mood = 200;
  realm.realm.clock.jump(-86_400_000);
  await realm.pass(61_000);
  expect(phone.heard()).toEqual(TOLD);
  await realm.emit('service.crashlooping', crashLoop('db'));
  realm.realm.clock.jump(365 * 86_400_000);
  await realm.pass(61_000);
  expect(phone.heard()).toEqual([...TOLD, 'service/db crashlooping']);
});

test('what could not be told for too long is given up, and said so', async () => {
  const phone = await receiver();
  phone.mood = 404;
  const retry = 'retry: { backoff: 1m..1h, for: 6h }';
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s, ${retry} }\n`);
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(8 * 3_600_000);
  expect(realm.events('alert.failed')).toContainEqual(
    expect.objectContaining({ subject: 'service/web', isGivenUp: true }),
  );
  phone.mood = 200;
  await realm.pass(3_600_000);
  expect(phone.heard()).not.toContain(TOLD[0]);
});

test('with too much waiting the oldest goes first, and the rest is kept', async () => {
  const phone = await receiver();
  phone.mood = 500;
  const retry = 'retry: { backoff: 10m..10m }';
  const realm = await alerted(
    `  phone: { on: [service.crashlooping], to: [{ webhook: "${phone.url}" }], digest: 0s, ${retry} }\n`,
  );
  for (let n = 0; n < 1_010; n++) realm.kernel.emit('service.crashlooping', crashLoop(`s${n}`), `service/s${n}`);
  await realm.pass(1_000);
  expect(realm.events('alert.failed').filter((event) => 'isGivenUp' in event && event.isGivenUp)).toHaveLength(10);
  phone.mood = 200;
  await realm.pass(1_300_000);
  expect(phone.heard()).toHaveLength(1_000);
  expect(phone.heard().slice(0, 1)).toEqual(['service/s10 crashlooping']);
  expect(phone.got.every(({ body }) => body.items.length <= 50)).toBe(true);
});

test('a target that is taken from the config is waited for no more, and a new one gets what comes', async () => {
  const [old, phone] = [await receiver(), await receiver()];
  old.mood = 500;
  const realm = await alerted(one(old.url));
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.edit(one(phone.url));
  await realm.emit('service.crashlooping', crashLoop('db'));
  await realm.pass(60_000);
  expect(phone.heard()).toEqual(['service/db crashlooping']);
  expect(await realm.invoke('alerts.list')).toMatchObject({ targets: [{ alert: 'phone', waiting: 0 }] });
});
