// What is written before the world is touched: all that a later life could not know otherwise, and nothing else.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testRealm } from '../kernel/realm.ts';

const config = (lines: string): string => `plugins: [file]\nfiles:\n${lines}`;

test('putting right what was applied before writes no intent; making something new, or somewhere else, does', async () => {
  const realm = testRealm({ 'realm.config.yaml': config('  a: { path: a.txt, text: one }\n') });
  const text = (name: string): string => readFileSync(join(realm.root, name), 'utf8');
  let intents = 0;
  const kernel = await realm.open({ crash: (name) => void (intents += Number(name === 'intent:before')) });
  await kernel.start();
  await realm.clock.advance(100);
  expect([intents, text('a.txt')]).toEqual([1, 'one']);
  realm.write('a.txt', 'by hand');
  kernel.wake('file/a');
  await realm.clock.advance(100);
  realm.write('realm.config.yaml', config('  a: { path: a.txt, text: two }\n'));
  await kernel.reload();
  await realm.clock.advance(100);
  expect([intents, text('a.txt')]).toEqual([1, 'two']);
  realm.write('realm.config.yaml', config('  a: { path: b.txt, text: two }\n'));
  await kernel.reload();
  await realm.clock.advance(100);
  expect([intents, text('b.txt'), existsSync(join(realm.root, 'a.txt'))]).toEqual([2, 'two', false]);
  await realm.stop(kernel);
});

test('killed while it puts something right, and no longer declared by then: it is taken away all the same', async () => {
  const both = config('  a: { path: a.txt, text: one }\n  b: { path: b.txt, text: one }\n');
  const realm = testRealm({ 'realm.config.yaml': both });
  let isDying = false;
  const die = (name: string): void => {
    if (isDying && name === 'act:after') throw new Error('killed');
  };
  const first = await realm.open({ crash: die });
  await first.start();
  await realm.clock.advance(100);
  isDying = true;
  realm.write('a.txt', 'by hand');
  first.wake('file/a');
  await realm.clock.advance(100);
  first.store.close();
  realm.write('realm.config.yaml', config('  b: { path: b.txt, text: one }\n'));
  const second = await realm.open();
  await second.start();
  await realm.clock.advance(100);
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(false);
  await realm.stop(second);
});
