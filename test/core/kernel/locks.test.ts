// Locked paths and protected things, by whichever way somebody tries.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { type TestRealm, testRealm } from './realm.ts';

const config = (file: string, locked = '["files.*.text"]'): string =>
  `realm: { locked: ${locked} }\nplugins: [file]\nfiles:\n${file}  other: { path: other.txt, text: x }\n`;
const BEFORE = config('  a: { path: a.txt, text: one }\n');

async function edited(realm: TestRealm, kernel: Kernel, text: string): Promise<void> {
  realm.write('realm.config.yaml', text);
  await kernel.reload();
  await realm.clock.advance(5_000);
}

async function running(text = BEFORE): Promise<{ realm: TestRealm; kernel: Kernel }> {
  const realm = testRealm({ 'realm.config.yaml': text });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(2_000);
  return { realm, kernel };
}

test.each([
  ['the edit that changes it also takes the lock away', config('  a: { path: a.txt, text: two }\n', '[]')],
  ['it moves at once', config('  a: { path: b.txt, text: two }\n')],
  ['it is renamed at once, the lock gone too', config('  z: { path: a.txt, text: two }\n', '[]')],
  ['it is removed', config('')],
])('a locked text is not changed without a yes when %s', async (_, after) => {
  const { realm, kernel } = await running();
  await edited(realm, kernel, after);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('one');
  expect(existsSync(join(realm.root, 'b.txt'))).toBe(false);
  const door = realm.door(kernel);
  expect((await door.plan({})).changes.find(({ ref }) => ref !== 'file/other')?.held ?? 'forgotten').toMatch(
    /locked|forgotten/,
  );
  expect((await door.approvals()).map(({ state }) => state)).toEqual(['waiting']);
  await realm.stop(kernel);
});

test('what goes only after a removal that is held says so, and goes once there is a yes', async () => {
  const kept = Array.from({ length: 8 }, (_, index) => `  k${index}: { path: k${index}.txt, text: k }\n`).join('');
  const some = (files: string): string => config(`${files}${kept}`, '["files.c.text"]');
  const chain = '  a: { path: a.txt, text: a }\n  b: { path: b.txt, text: b, after: [file/a] }\n';
  const { realm, kernel } = await running(some(`${chain}  c: { path: c.txt, text: c, after: [file/b] }\n`));
  await edited(realm, kernel, some(''));
  const door = realm.door(kernel);
  const sayB = 'it is removed after file/c, and that is held';
  const sayA = 'it is removed after file/b, and that is held';
  const held = new Map((await door.plan({})).changes.map((change) => [change.ref, change.held]));
  expect([held.get('file/c'), held.get('file/b'), held.get('file/a')]).toEqual([
    expect.stringContaining('locked'),
    sayB,
    sayA,
  ]);
  await realm.clock.advance(130_000);
  expect((await door.why('file/b')).reasons).toContain(`its removal is held: ${sayB}`);
  expect((await door.why('file/a')).reasons).toContain(`its removal is held: ${sayA}`);
  const [asked] = await door.approvals();
  await door.answer(asked!.id, 'approved', 'it may go', 'user:test');
  await realm.clock.advance(5_000);
  expect(['a', 'b', 'c'].filter((name) => existsSync(join(realm.root, `${name}.txt`)))).toEqual([]);
  await realm.stop(kernel);
});

test('a locked text is not changed without a yes when somebody deletes the file as well', async () => {
  const { realm, kernel } = await running();
  rmSync(join(realm.root, 'a.txt'));
  await edited(realm, kernel, config('  a: { path: a.txt, text: two }\n'));
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(false);
  const [asked] = await realm.door(kernel).approvals();
  expect(asked!.what).toContain('"one" -> "two"');
  await realm.stop(kernel);
});

test('what only the world changed is put back without asking, and a lock that an earlier edit took away is gone', async () => {
  const { realm, kernel } = await running();
  realm.write('a.txt', 'by hand');
  await realm.clock.advance(90_000);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('one');
  await edited(realm, kernel, config('  a: { path: a.txt, text: one }\n', '[]'));
  await edited(realm, kernel, config('  a: { path: a.txt, text: two }\n', '[]'));
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('two');
  await realm.stop(kernel);
});

test('taking protect away and the thing with it, in one edit or by moving it, needs a yes', async () => {
  const whole = (file: string): string => `plugins: [file]\nfiles:\n${file}  other: { path: other.txt, text: x }\n`;
  const { realm, kernel } = await running(whole('  a: { path: a.txt, text: one }\n'));
  await edited(realm, kernel, whole('  a: { path: a.txt, text: one, protect: true }\n'));
  await edited(realm, kernel, whole('  a: { path: moved.txt, text: one }\n'));
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(true);
  await edited(realm, kernel, whole(''));
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(true);
  await realm.stop(kernel);
});

test('a yes is for the whole of what was shown, and for nothing that is edited afterwards', async () => {
  const whole = (file: string): string => `plugins: [file]\nfiles:\n${file}  other: { path: other.txt, text: x }\n`;
  const { realm, kernel } = await running(whole('  a: { path: a.txt, text: one, protect: true }\n'));
  await edited(realm, kernel, whole('  a: { path: moved.txt, text: one, protect: true }\n'));
  const door = realm.door(kernel);
  const [asked] = await door.approvals();
  realm.write('realm.config.yaml', whole('  a: { path: moved.txt, text: evil, protect: true }\n'));
  await kernel.reload();
  await realm.clock.advance(5_000);
  await door.answer(asked!.id, 'approved', 'it may move', 'user:ann');
  await realm.clock.advance(5_000);
  expect(existsSync(join(realm.root, 'moved.txt'))).toBe(false);
  await realm.stop(kernel);
});

test('what an edit took over, and the next one gave up before it had a yes, is shown until it is taken away', async () => {
  const { realm, kernel } = await running();
  await edited(realm, kernel, config('  e: { path: e.txt, text: one }\n')); // a is held
  await edited(realm, kernel, config('  e: { path: a.txt, text: three }\n')); // e answers for a's file, and is held
  await edited(realm, kernel, config('  e: { path: e.txt, text: two }\n'));
  realm.write('e.txt', 'two');
  await realm.clock.advance(900_000);
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(true);
  const door = realm.door(kernel);
  const changes = (await door.plan({})).changes.filter(({ ref }) => ref === 'file/e');
  expect(changes).toMatchObject([{ action: 'remove', because: 'Replaced', held: expect.stringContaining('locked') }]);
  const asked = (await door.approvals()).find(({ state }) => state === 'waiting')!;
  await door.answer(asked.id, 'approved', 'fine', 'user:ann');
  await realm.clock.advance(10_000);
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(false);
  expect((await door.plan({})).changes).toEqual([]);
});
