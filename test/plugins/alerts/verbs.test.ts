// `realm alerts` and `realm alerts test`, and what is refused before anything is told.
import { expect, test } from 'vitest';
import { kindSuite } from 'realm-runner/testing';
import { RealmError } from '../../../core/errors.ts';
import { crashLoop } from './news.ts';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

kindSuite({
  plugin: new URL('../../../plugins/alerts/index.ts', import.meta.url),
  kind: 'alert',
  spec: { to: [{ file: 'told.jsonl' }] },
  other: { to: ['desktop'], quiet: '22:00..07:00' },
});

test('the list says what stands open, how long what waits, and why', async () => {
  const phone = await receiver();
  const realm = await alerted(
    `  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s, retry: { backoff: 1h..1h } }\n`,
  );
  const name = new URL(phone.url).host;
  expect(await realm.invoke('alerts.list')).toEqual({
    version: 1,
    open: [],
    targets: [{ alert: 'phone', to: `webhook ${name}`, waiting: 0, sentAt: null, failed: 0, why: null }],
  });
  await realm.emit('service.crashlooping', crashLoop('web'));
  phone.mood = 500;
  await realm.emit('plugin.degraded', { plugin: 'x', where: 'apply', message: 'threw' });
  expect(await realm.invoke('alerts.list')).toEqual({
    version: 1,
    open: [
      {
        severity: 'warning',
        subject: 'plugin/x',
        state: 'degraded',
        sinceAt: '2026-01-01T00:00:00.210Z',
        message: 'apply: threw',
      },
      {
        severity: 'critical',
        subject: 'service/web',
        state: 'crashlooping',
        sinceAt: '2026-01-01T00:00:00.010Z',
        message: 'ended 5 times in a row, last: exit 1',
      },
    ],
    targets: [
      {
        alert: 'phone',
        to: `webhook ${name}`,
        waiting: 1,
        sentAt: expect.stringMatching(/^2026-01-01T00:00:00/) as string,
        failed: 1,
        why: 'it answered 500',
      },
    ],
  });
});

test('a test message goes out at once, past digest and quiet hours, and leaves nothing open', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], quiet: "00:00..23:59" }\n`);
  const answer = { version: 1, results: [{ alert: 'phone', to: `webhook ${new URL(phone.url).host}`, why: null }] };
  expect(await realm.invoke('alerts.test')).toEqual(answer);
  expect(await realm.invoke('alerts.test', { name: 'phone' })).toEqual(answer);
  expect(phone.got.map(({ body }) => `${body.subject} ${body.state}`)).toEqual(Array(2).fill('alert/phone test'));
  expect(await realm.invoke('alerts.list')).toMatchObject({ open: [] });
});

test('a test message that does not get through, or to nobody, is an error that says so', async () => {
  const [phone, broken] = [await receiver(), await receiver()];
  broken.mood = 500;
  const both = `[{ webhook: "${phone.url}" }, { webhook: "${broken.url}" }]`;
  const realm = await alerted(`  phone: { to: ${both} }\n`);
  await expect(realm.invoke('alerts.test')).rejects.toMatchObject({
    code: 'ALERT_UNDELIVERED',
    message: `1 of 2 targets did not get it: phone, webhook ${new URL(broken.url).host}: it answered 500`,
  });
  expect(phone.got).toHaveLength(1);
  await expect(realm.invoke('alerts.test', { name: 'mail' })).rejects.toMatchObject({
    code: 'ALERT_UNKNOWN',
    hint: 'declared: phone',
  });
});

test('an alert that could never tell anything is refused when the config is read', async () => {
  const wrong = await alerted(
    '  phone: { on: [critcal, "servise.*"], to: [{ webhook: "example.com/hook" }, { webhook: "https://me:pw@example.com/" }], deadMan: { url: nowhere } }\n',
  ).catch((error: unknown) => error);
  expect(wrong).toBeInstanceOf(RealmError);
  expect((wrong as RealmError).diagnostics.map(({ at, message }) => `${at.path}: ${message}`)).toEqual([
    'alerts.phone.on.0: "critcal" is no severity, and no event of Realm is called so',
    'alerts.phone.on.1: "servise.*" is no severity, and no event of Realm is called so',
    'alerts.phone.to.0.webhook: this is no http or https URL, or has a user name in it',
    'alerts.phone.to.1.webhook: this is no http or https URL, or has a user name in it',
    'alerts.phone.deadMan.url: this is no http or https URL, or has a user name in it',
  ]);
});
