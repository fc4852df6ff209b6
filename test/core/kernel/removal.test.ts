// What happens to things that are no longer declared, renamed or moved.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TestRealm, testRealm } from './realm.ts';

const files = (names: readonly string[], more = ''): string =>
  `plugins: [file]\nfiles:\n${names.map((name) => `  ${name}: { path: ${name}.txt, text: "${name}" }\n`).join('')}${more}`;
const has = (realm: TestRealm, name: string): boolean => existsSync(join(realm.root, name));

/** Applies once in a process of its own, as `realm apply` does. */
async function applyOnce(realm: TestRealm, how: { confirmed?: boolean; allowDeletions?: boolean } = {}) {
  const kernel = await realm.open({ purpose: 'once' });
  const applying = realm.door(kernel).apply({ actor: 'user:test', confirmed: true, ...how });
  await realm.clock.advance(20_000);
  const report = await applying;
  await kernel.stop(1_000);
  return report.steps.map(({ ref, end, action }) => `${ref} ${end} ${action ?? ''}`.trim());
}

test('a rename with was: keeps the thing, its history and its generation', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a']) });
  await applyOnce(realm);
  realm.write('realm.config.yaml', 'plugins: [file]\nfiles:\n  z: { was: a, path: a.txt, text: a }\n');
  expect(await applyOnce(realm)).toEqual(['file/z unchanged']);
  const kernel = await realm.open({ purpose: 'once' });
  expect(kernel.store.resources.all().map(({ ref, lastAppliedAt }) => [ref, lastAppliedAt !== null])).toEqual([
    ['file/z', true],
  ]);
  await kernel.stop(1_000);
});

test('a rename without was: deletes nothing that another resource is now', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a']) });
  await applyOnce(realm);
  realm.write('realm.config.yaml', 'plugins: [file]\nfiles:\n  z: { path: a.txt, text: a }\n');
  expect(await applyOnce(realm)).toEqual(['file/z unchanged', 'file/a applied forget']);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('a');
});

test('another path is a replacement: the new one is made, then the old one taken away', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a']) });
  await applyOnce(realm);
  realm.write('realm.config.yaml', 'plugins: [file]\nfiles:\n  a: { path: moved.txt, text: a }\n');
  expect(await applyOnce(realm)).toEqual(['file/a applied replace']);
  expect([has(realm, 'a.txt'), has(realm, 'moved.txt')]).toEqual([false, true]);
});

test('two files that swap their paths both survive', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a', 'b']) });
  await applyOnce(realm);
  realm.write(
    'realm.config.yaml',
    'plugins: [file]\nfiles:\n  a: { path: b.txt, text: a }\n  b: { path: a.txt, text: b }\n',
  );
  await applyOnce(realm);
  expect([readFileSync(join(realm.root, 'b.txt'), 'utf8'), readFileSync(join(realm.root, 'a.txt'), 'utf8')]).toEqual([
    'a',
    'b',
  ]);
});

test('more than two removals and more than 30 % are held until --allow-deletions', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a', 'b', 'c', 'd', 'e']) });
  await applyOnce(realm);
  realm.write('realm.config.yaml', files(['a', 'b']));
  expect(await applyOnce(realm)).toEqual([
    'file/a unchanged',
    'file/b unchanged',
    'file/c held remove',
    'file/d held remove',
    'file/e held remove',
  ]);
  expect(has(realm, 'c.txt')).toBe(true);
  expect((await applyOnce(realm, { allowDeletions: true })).slice(2)).toEqual([
    'file/c applied remove',
    'file/d applied remove',
    'file/e applied remove',
  ]);
  expect(has(realm, 'c.txt')).toBe(false);
});

test('two of three may go without a flag, the last one may not', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a', 'b', 'c']) });
  await applyOnce(realm);
  realm.write('realm.config.yaml', files(['a']));
  expect((await applyOnce(realm)).slice(1)).toEqual(['file/b applied remove', 'file/c applied remove']);
  realm.write('realm.config.yaml', 'plugins: [file]\nfiles: {}\n');
  expect(await applyOnce(realm)).toEqual(['file/a held remove']);
});

test('removals go in reverse order of after, and last of all', async () => {
  const chain = (text: string): string =>
    `plugins: [file]\nfiles:\n  a: { path: a.txt, text: a }\n${text}  z: { path: z.txt, text: z }\n  y: { path: y.txt, text: y }\n  x: { path: x.txt, text: x }\n  w: { path: w.txt, text: w }\n`;
  const realm = testRealm({
    'realm.config.yaml': chain(
      '  b: { path: b.txt, text: b, after: [file/a] }\n  c: { path: c.txt, text: c, after: [file/b] }\n',
    ),
  });
  await applyOnce(realm);
  realm.write('realm.config.yaml', chain(''));
  await applyOnce(realm);
  const kernel = await realm.open({ purpose: 'once' });
  const removed = kernel.store.journal.read({ type: 'resource.removed' }).map(({ ref }) => ref);
  await kernel.stop(1_000);
  expect(removed).toEqual(['file/c', 'file/b']);
});

test('a hand-made file that was never applied is not removed, and a wrong one is put back', async () => {
  const realm = testRealm({ 'realm.config.yaml': files(['a']) });
  writeFileSync(join(realm.root, 'mine.txt'), 'mine');
  await applyOnce(realm);
  realm.write('realm.config.yaml', files(['a', 'b']));
  await applyOnce(realm);
  expect(readFileSync(join(realm.root, 'mine.txt'), 'utf8')).toBe('mine');
});
