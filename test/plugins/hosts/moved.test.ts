// A move to another host that is cut off in the middle is finished by the next life.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testRealm } from '../../core/kernel/realm.ts';
import { NOBODY } from './stage.ts';

const yaml = (host: string): string => `plugins: [hosts, file]
hosts: { one: { address: 192.0.2.1 }, two: { address: 192.0.2.2 } }
files: { a: { path: a, text: a, host: ${host} } }
`;

test.each(['act:before', 'act:after', 'moved:before', 'moved:after'])('cut off at %s', async (point) => {
  const realm = testRealm({ 'realm.config.yaml': yaml('one') });
  const world = { machine: () => ({ ...NOBODY, addresses: ['192.0.2.1'] }) };
  const file = join(realm.root, 'a');
  const first = await realm.open({ world });
  await first.start();
  await realm.clock.advance(1_000);
  expect(existsSync(file)).toBe(true);
  await realm.stop(first);

  realm.write('realm.config.yaml', yaml('two'));
  let cuts = 0;
  const crash = (at: string): void => {
    if (at !== point) return;
    cuts++;
    throw new Error('cut off');
  };
  const second = await realm.open({ world, crash });
  await second.start();
  await realm.clock.advance(1_000);
  expect(cuts).toBeGreaterThan(0);
  await realm.stop(second);

  const third = await realm.open({ world });
  await third.start();
  await realm.clock.advance(1_000);
  const row = third.scene.rows.get('file/a');
  expect([existsSync(file), row?.lastSpec]).toEqual([false, null]);
  expect(row?.conditions.find(({ type }) => type === 'Ready')?.reason).toBe('Elsewhere');
  await realm.stop(third);
});
