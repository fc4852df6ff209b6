// A disk that fills is told at each limit, once, and not for ever while it hovers there.
import { expect, test } from 'vitest';
import { testRealm } from 'realm-runner/testing';
import alerts from '../../../plugins/alerts/index.ts';
import { limitAt, spaceOf, watchDisks } from '../../../plugins/alerts/disk.ts';
import { newsOf } from '../../../plugins/alerts/news.ts';
import type { RealmEvent } from 'realm-runner/plugin';

test('at 90 % a warning, at 98 % more, and the end only with some room', async () => {
  await using realm = await testRealm({ plugins: alerts });
  const stop = new AbortController();
  let usedPercent = 50;
  const looking = watchDisks(realm.contextFor('alert', stop.signal), () => ({ usedPercent, freeBytes: 1_000 }));
  const seen: string[] = [];
  for (usedPercent of [89.9, 90, 91, 89, 98, 97, 95.9, 88.1, 87.9, 90]) {
    const before = realm.events.length;
    await realm.advance(30_000);
    const [event] = realm.events.slice(before).map(({ type, data }) => newsOf({ type, data } as RealmEvent)[0]!);
    seen.push(`${usedPercent} ${event?.severity ?? '-'} ${event?.state ?? '-'}`);
  }
  stop.abort();
  await realm.advance(30_000);
  await looking;
  expect(seen).toEqual([
    '89.9 - -',
    '90 warning filling',
    '91 - -',
    '89 - -',
    '98 critical full',
    '97 - -',
    '95.9 warning filling',
    '88.1 - -',
    '87.9 info recovered',
    '90 warning filling',
  ]);
});

test('what was told before a restart is not told again, and a disk that cannot be seen ends nothing', async () => {
  await using realm = await testRealm({ plugins: alerts });
  const lives = [95, 95, 50];
  for (const usedPercent of lives) {
    const stop = new AbortController();
    let looks = 0;
    const looking = watchDisks(realm.contextFor('alert', stop.signal), () => {
      looks += 1;
      if (looks <= 2) throw new Error('EIO');
      return { usedPercent, freeBytes: 1 };
    });
    await realm.advance(90_000);
    stop.abort();
    await realm.advance(30_000);
    await looking;
  }
  expect(realm.events.map(({ type }) => type)).toEqual(['disk.filling', 'disk.filling', 'disk.freed', 'disk.freed']); // two paths
});

test('a real disk is read as df counts it', () => {
  const { usedPercent, freeBytes } = spaceOf('/');
  expect(usedPercent).toBeGreaterThan(0);
  expect(usedPercent).toBeLessThanOrEqual(100);
  expect(freeBytes).toBeGreaterThanOrEqual(0);
  expect(limitAt(100, 0)).toBe(98);
});
