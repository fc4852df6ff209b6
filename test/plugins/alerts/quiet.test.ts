// Quiet hours hold back what is not critical, on the clock of the realm, over midnight and summer time.
import { expect, test } from 'vitest';
import { isQuiet, minuteOf } from '../../../plugins/alerts/quiet.ts';
import { crashLoop } from './news.ts';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

const degraded = { plugin: 'x', where: 'apply', message: 'threw' } as const;

test('what is not critical waits for the morning; what is critical does not', async () => {
  const phone = await receiver();
  const alerts = `  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s, quiet: "22:00..07:00" }\n`;
  const realm = await alerted(alerts, { start: '2026-01-01T21:30:00Z' }); // 22:30 in Berlin
  await realm.emit('plugin.degraded', degraded);
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(60_000);
  expect(phone.heard()).toEqual(['service/web crashlooping']);
  await realm.realm.clock.advanceTo('2026-01-02T05:59:00Z');
  expect(phone.heard()).toHaveLength(1);
  await realm.realm.clock.advanceTo('2026-01-02T06:01:00Z');
  expect(phone.heard()).toEqual(['service/web crashlooping', 'plugin/x degraded']);
});

test('asked for, it holds back what is critical too', async () => {
  const phone = await receiver();
  const quiet = 'quiet: { hours: "22:00..07:00", critical: true }';
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 0s, ${quiet} }\n`, {
    start: '2026-01-01T22:00:00Z',
  });
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(3_600_000);
  expect(phone.heard()).toEqual([]);
  await realm.realm.clock.advanceTo('2026-01-02T06:01:00Z');
  expect(phone.heard()).toEqual(['service/web crashlooping']);
});

test('minutes are those of the clock on the wall, also where summer time begins', () => {
  const at = (text: string): string => {
    const minute = minuteOf(Date.parse(text), 'Europe/Berlin');
    return `${Math.floor(minute / 60)}:${minute % 60}`;
  };
  expect([at('2026-03-29T00:59:00Z'), at('2026-03-29T01:00:00Z')]).toEqual(['1:59', '3:0']);
  expect([at('2026-10-25T00:30:00Z'), at('2026-10-25T01:30:00Z')]).toEqual(['2:30', '2:30']);
  expect(at('2026-07-01T22:00:00Z')).toBe('0:0');
});

test('the end does not belong to it, and it may go over midnight', () => {
  const quietAt = (fromMinute: number, toMinute: number, minute: number) =>
    isQuiet({ quiet: { fromMinute, toMinute } } as Parameters<typeof isQuiet>[0], minute);
  expect([1319, 1320, 1439, 0, 419, 420].map((minute) => quietAt(1320, 420, minute))).toEqual([
    false,
    true,
    true,
    true,
    true,
    false,
  ]);
  expect([719, 720, 779, 780].map((minute) => quietAt(720, 780, minute))).toEqual([false, true, true, false]);
});
