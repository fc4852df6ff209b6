// The model plugin through the whole kernel: made, healed, removed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testRealm } from './realm.ts';

const config = (files: string): string => `plugins: [file]\nfiles:\n${files}`;
const TWO = config('  a: { path: a.txt, text: one }\n  b: { path: b.txt, text: two, after: [file/a] }\n');

test('what is declared is made, healed when somebody edits it, and removed when it is no longer declared', async () => {
  const realm = testRealm({ 'realm.config.yaml': TWO });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('one');
  expect(readFileSync(join(realm.root, 'b.txt'), 'utf8')).toBe('two');
  writeFileSync(join(realm.root, 'a.txt'), 'edited by hand');
  await realm.clock.advance(80_000);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('one');
  realm.write('realm.config.yaml', config('  a: { path: a.txt, text: one }\n'));
  expect(await kernel.reload()).toEqual({ ok: true, changed: true });
  await realm.clock.advance(5_000);
  expect(existsSync(join(realm.root, 'b.txt'))).toBe(false);
  const status = await realm.door(kernel).status();
  expect(status.resources.map(({ ref, ready }) => [ref, ready])).toEqual([['file/a', true]]);
  await kernel.stop(1_000);
});

test('a one-shot apply converges and says what it did', async () => {
  const realm = testRealm({ 'realm.config.yaml': TWO });
  const kernel = await realm.open({ purpose: 'once' });
  const door = realm.door(kernel);
  const plan = await door.plan({});
  expect(plan.changes.map(({ ref, action, reason }) => [ref, action, reason])).toEqual([
    ['file/a', 'create', 'config'],
    ['file/b', 'create', 'config'],
  ]);
  const applying = door.apply({ actor: 'user:test' });
  await realm.clock.advance(10_000);
  const report = await applying;
  expect(report.steps.map(({ ref, end, action }) => [ref, end, action])).toEqual([
    ['file/a', 'applied', 'create'],
    ['file/b', 'applied', 'create'],
  ]);
  expect((await door.plan({})).changes).toEqual([]);
  await kernel.stop(1_000);
});

test('a reload waits for nothing but files: simulations need not fear that time passes meanwhile', async () => {
  const realm = testRealm({ 'realm.config.yaml': TWO });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  realm.write('realm.config.yaml', config('  a: { path: a.txt, text: other }\n'));
  let answer: unknown;
  void kernel.reload().then((value) => (answer = value));
  await realm.clock.settled();
  expect(answer).toEqual({ ok: true, changed: true });
  await realm.stop(kernel);
});
