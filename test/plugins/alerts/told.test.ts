// News reaches a webhook: once for each change of state, gathered, and again when it clears.
import { expect, test } from 'vitest';
import { calm, crashLoop } from './news.ts';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

test('a crash loop is told once, with what to type next, and so is its end', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }] }\n`);
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(29_000);
  expect(phone.got).toEqual([]);
  await realm.pass(2_000);
  expect(phone.got).toHaveLength(1);
  expect(phone.got[0]!.body).toMatchObject({
    version: 1,
    realm: 'training',
    severity: 'critical',
    subject: 'service/web',
    state: 'crashlooping',
    message: 'ended 5 times in a row, last: exit 1\nError: no such model',
    hint: 'realm why service/web',
    at: '2026-01-01T00:00:00.010Z',
  });
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.emit('condition.changed', calm('web'));
  await realm.emit('condition.changed', calm('web'));
  await realm.pass(3_600_000);
  expect(phone.heard()).toEqual(['service/web crashlooping', 'service/web recovered']);
  expect(phone.got[1]!.body).toMatchObject({ severity: 'critical', state: 'recovered' });
  expect(realm.events('alert.sent')).toHaveLength(2);
});

test('what does not even end by KILL is told, and that it has ended', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s }\n`);
  await realm.emit('service.stopBlocked', { ref: 'service/web', pids: [41, 42], forMs: 10_600 });
  expect(phone.got[0]!.body).toMatchObject({
    severity: 'warning',
    subject: 'service/web',
    state: 'stop-blocked',
    message: 'has not stopped for 11 s: 41, 42 still there',
    hint: 'realm blockers',
  });
  await realm.emit('service.stopped', { ref: 'service/web', why: 'maintenance' });
  expect(phone.heard()).toEqual(['service/web stop-blocked', 'service/web stopped']);
});

test('what comes within the window goes out as one message, the worst first in its head', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 10s }\n`);
  await realm.emit('plugin.degraded', { plugin: 'vault', where: 'observe of zone/nas', message: 'no answer' });
  for (const name of ['a', 'b', 'c']) await realm.emit('service.crashlooping', crashLoop(name));
  await realm.pass(60_000);
  expect(phone.got).toHaveLength(1);
  expect(phone.got[0]!.body).toMatchObject({ subject: 'digest', severity: 'critical' });
  expect(phone.got[0]!.body.message).toContain('4 messages:\n[warning] plugin/vault: observe of zone/nas: no answer\n');
  expect(phone.heard()).toEqual([
    'plugin/vault degraded',
    'service/a crashlooping',
    'service/b crashlooping',
    'service/c crashlooping',
  ]);
});

test('each alert hears what it asked for, and the end only of what it was told', async () => {
  const [all, some, none] = [await receiver(), await receiver(), await receiver()];
  const realm = await alerted(
    `  all: { on: [info, warning, critical], to: [{ webhook: "${all.url}" }], digest: 0s }\n` +
      `  some: { on: ["service.*"], to: [{ webhook: "${some.url}" }], digest: 0s }\n` +
      `  none: { on: [needs-you], to: [{ webhook: "${none.url}" }], digest: 0s }\n`,
  );
  all.got.length = 0;
  await realm.emit('service.ready', { ref: 'service/web', afterMs: 120 });
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.emit('condition.changed', calm('web'));
  await realm.emit('plugin.degraded', { plugin: 'x', where: 'apply', message: 'threw' });
  await realm.emit('approval.requested', { id: 'ab12', ref: 'file/a', what: 'text is locked' });
  await realm.emit('approval.answered', { id: 'ab12', ref: 'file/a', state: 'approved', why: 'fine' });
  await realm.pass(1_000);
  const web = ['service/web ready', 'service/web crashlooping', 'service/web recovered'];
  expect(all.heard().filter((one) => !one.startsWith('alert/') && !one.startsWith('realm/'))).toEqual([
    ...web,
    'plugin/x degraded',
  ]);
  expect(some.heard()).toEqual(web);
  expect(none.heard()).toEqual(['file/a approval-needed', 'file/a approved']);
});

test('a subject that is no longer declared stands open no more', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s }\n`);
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.emit('resource.removed', { ref: 'service/web' });
  expect(phone.heard()).toEqual(['service/web crashlooping', 'service/web gone']);
  expect(await realm.invoke('alerts.list')).toMatchObject({ open: [] });
});

test('what only the memory of a dead daemon knew is over when the next one does not say it again', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s }\n`);
  for (const plugin of ['x', 'y']) await realm.emit('plugin.degraded', { plugin, where: 'apply', message: 'threw' });
  await realm.again();
  await realm.emit('plugin.degraded', { plugin: 'y', where: 'apply', message: 'threw' });
  await realm.pass(120_000);
  expect(phone.heard()).toEqual(['plugin/x degraded', 'plugin/y degraded', 'plugin/x recovered']);
});

test('a target that cannot be reached is news for the other targets, once', async () => {
  const [phone, mail] = [await receiver(), await receiver()];
  await phone.down();
  const retry = 'retry: { backoff: 1s..5s }';
  const to = `to: [{ webhook: "${phone.url}" }, { webhook: "${mail.url}" }]`;
  const realm = await alerted(`  both: { ${to}, digest: 0s, ${retry} }\n`);
  await realm.emit('service.crashlooping', crashLoop('web'));
  expect(mail.heard()).toEqual(['service/web crashlooping']);
  await realm.pass(600_000);
  expect(mail.heard()).toEqual(['service/web crashlooping', 'alert/both failing']);
  expect(mail.got.at(-1)!.body.message).toMatch(
    /^webhook 127\.0\.0\.1:\d+ was not told, 5 tries: it cannot be reached \(ECONNREFUSED\)$/,
  );
  await phone.up();
  await realm.pass(60_000);
  expect(phone.heard()).toEqual(['service/web crashlooping', 'alert/both failing', 'alert/both recovered']);
  expect(mail.heard().at(-1)).toBe('alert/both recovered');
});

test('one that is not enabled tells nobody; one that is paused keeps it until it is resumed', async () => {
  const [off, held] = [await receiver(), await receiver()];
  const yaml = (enabled: boolean): string =>
    `  off: { enabled: ${enabled}, to: [{ webhook: "${off.url}" }], digest: 0s }\n  held: { to: [{ webhook: "${held.url}" }], digest: 0s }\n`;
  const realm = await alerted(yaml(false));
  await realm.pass(1_000);
  await realm.door().setOverride({ ref: 'alert/held', effect: 'pause', why: 'moving house', actor: 'user:ann' });
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(120_000);
  expect([off.tries, held.tries]).toEqual([0, 0]);
  await realm.door().clearOverride({ ref: 'alert/held', effect: 'pause', why: 'moved', actor: 'user:ann' });
  await realm.edit(yaml(true));
  await realm.pass(60_000);
  expect(held.heard()).toEqual(['service/web crashlooping']);
  await realm.emit('service.crashlooping', crashLoop('db'));
  expect(off.heard()).toEqual(['service/db crashlooping']);
});

test('an event with other values than its name promises stops nothing', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s }\n`);
  realm.kernel.emit('service.crashlooping', { ref: 7 });
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(10_000);
  expect(phone.heard()).toEqual(['service/web crashlooping']);
  realm.kernel.emit('host.unreachable', { ref: 'host/nas' });
  await realm.emit('store.damaged', { message: { not: 'a text' } } as never);
  expect(phone.heard().slice(1)).toEqual(['realm/state damaged', 'host/nas unreachable']);
  expect(phone.got.flatMap(({ body }) => body.items)).toHaveLength(3);
});

test('what nobody can see is not over; what an event did not say, the conditions do', async () => {
  const phone = await receiver();
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s }\n`, {
    yaml: 'files:\n  a: { path: a.txt, text: x }\n',
  });
  const degraded = { ...calm('web'), ref: 'file/a', type: 'Degraded', from: 'False', to: 'True' } as const;
  await realm.emit('condition.changed', degraded);
  await realm.emit('condition.changed', { ...degraded, from: 'True', to: 'Unknown' });
  await realm.pass(60_000);
  expect(phone.heard()).toEqual(['file/a degraded']);
  await realm.emit('journal.gap', { from: 3, to: 9, reason: 'retention' });
  expect(phone.heard()).toEqual(['file/a degraded', 'realm/journal gap', 'file/a recovered']);
});
