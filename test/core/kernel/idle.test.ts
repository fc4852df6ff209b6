// A realm at rest: it is looked at again and again, and nothing is written for it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testRealm } from './realm.ts';

const CONFIG = `realm: { name: r }
plugins: [file]
files:
  a: { path: a.txt, text: a }
  b: { path: b.txt, text: b }
`;

test('looks that find everything as it was write nothing, and are told all the same', async () => {
  const realm = testRealm({ 'realm.config.yaml': CONFIG });
  const writes: string[] = [];
  const kernel = await realm.open({ crash: (point) => void writes.push(point) });
  await kernel.start();
  await realm.clock.advance(200_000); // applied, seen once more, and settled
  const door = realm.door(kernel);
  const nextLooks = async (): Promise<number[]> =>
    (await door.status()).resources.map(({ nextLookAt }) => Date.parse(nextLookAt!) - realm.clock.now());
  writes.length = 0;
  let looks = 0;
  kernel.loop.onPass = () => void (looks += 1);
  await realm.clock.advance(600_000);
  expect(looks).toBeGreaterThan(15);
  expect(writes.filter((point) => point.startsWith('settle') || point.startsWith('store.commit'))).toEqual([]);
  for (const inMs of await nextLooks()) expect(inMs).toBeGreaterThanOrEqual(0);
  writeFileSync(join(realm.root, 'a.txt'), 'edited by hand');
  await realm.clock.advance(80_000);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('a');
  expect(writes).toContain('settle:after');
  await realm.stop(kernel);
});
