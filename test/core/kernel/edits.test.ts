// What edits of the config, hands in the world and operators do to one resource.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { type TestRealm, testRealm } from './realm.ts';

const files = (lines: string): string => `plugins: [file]\nfiles:\n${lines}`;
const one = (name: string, more = ''): string => `  ${name}: { path: ${name}.txt, text: ${name}${more} }\n`;
const has = (realm: TestRealm, name: string): boolean => existsSync(join(realm.root, name));

async function running(text: string): Promise<{ realm: TestRealm; kernel: Kernel }> {
  const realm = testRealm({ 'realm.config.yaml': text });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(2_000);
  return { realm, kernel };
}

async function edited(realm: TestRealm, kernel: Kernel, text: string): Promise<void> {
  realm.write('realm.config.yaml', text);
  await kernel.reload();
  await realm.clock.advance(2_000);
}

test('a config that is read again and says the same to the letter is worked out once; a comment moves what stands below it', async () => {
  const { realm, kernel } = await running(files(one('a')));
  const declared = () => kernel.scene.loaded.declaration.resources.get('file/a')!;
  const before = declared();
  await edited(realm, kernel, files(one('a')));
  expect(declared()).toBe(before);
  await edited(realm, kernel, `# why it is so\n${files(one('a'))}`);
  expect(declared().at.line).toBe(before.at.line + 1);
  await realm.stop(kernel);
});

test('what gets another name is watched on under it', async () => {
  const { realm, kernel } = await running(files(one('a')));
  await edited(realm, kernel, files('  z: { was: a, path: a.txt, text: a }\n'));
  writeFileSync(join(realm.root, 'a.txt'), 'by hand');
  await realm.clock.advance(90_000);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('a');
  await realm.stop(kernel);
});

test('a chain of new names keeps every history, in whichever order it is written', async () => {
  const { realm, kernel } = await running(files(one('x') + one('y')));
  const before = kernel.store.resources.get('file/x')!.lastAppliedAt;
  await realm.clock.advance(1_000);
  await edited(realm, kernel, files('  y: { was: x, path: x.txt, text: x }\n  z: { was: y, path: y.txt, text: y }\n'));
  expect(kernel.store.resources.refs()).toEqual(['file/y', 'file/z']);
  expect(kernel.store.resources.get('file/y')!.lastAppliedAt).toBe(before);
  expect([has(realm, 'x.txt'), has(realm, 'y.txt')]).toEqual([true, true]);
  await realm.stop(kernel);
});

test('removals that were held stay held after a restart, however much was added beside them', async () => {
  const { realm, kernel } = await running(
    files(
      'abcde'
        .split('')
        .map((name) => one(name))
        .join(''),
    ),
  );
  const added = Array.from({ length: 20 }, (_, n) => one(`new${n}`)).join('');
  await edited(realm, kernel, files(one('a') + one('b') + added));
  expect(['c', 'd', 'e'].map((name) => has(realm, `${name}.txt`))).toEqual([true, true, true]);
  await realm.stop(kernel);
  const next = await realm.open();
  await next.start();
  await realm.clock.advance(130_000);
  expect(['c', 'd', 'e'].map((name) => has(realm, `${name}.txt`))).toEqual([true, true, true]);
  expect((await realm.door(next).plan({})).changes.map(({ held }) => held !== undefined)).toEqual([true, true, true]);
  await realm.stop(next);
});

test('an apply of one target changes nothing that comes after it', async () => {
  const realm = testRealm({
    'realm.config.yaml': files(`${one('a')}  b: { path: b.txt, text: b, after: [file/a] }\n`),
  });
  const kernel = await realm.open({ purpose: 'once' });
  const applying = realm.door(kernel).apply({ actor: 'user:test', target: ['file/a'] });
  await realm.clock.advance(10_000);
  expect((await applying).steps.map(({ ref, end }) => `${ref} ${end}`)).toEqual(['file/a applied']);
  expect(has(realm, 'b.txt')).toBe(false);
  await kernel.stop(1_000);
});

test('what an operator said of a thing ends when the thing is no longer declared', async () => {
  const { realm, kernel } = await running(files(one('a') + one('b')));
  await realm.door(kernel).setOverride({ ref: 'file/a', effect: 'hold', why: 'mine', actor: 'user:ann' });
  await edited(realm, kernel, files(one('b')));
  expect(await realm.door(kernel).overrides()).toEqual([]);
  expect(has(realm, 'a.txt')).toBe(false);
  await realm.stop(kernel);
});

test('moved, cut off, and moved back: neither the new thing nor the old one is left behind', async () => {
  for (let at = 1; at < 90; at += 3) {
    const realm = testRealm({ 'realm.config.yaml': files(one('a')) });
    const first = await realm.open();
    await first.start();
    await realm.clock.advance(1_000);
    await realm.stop(first);
    realm.write('realm.config.yaml', files('  a: { path: moved.txt, text: a }\n'));
    let calls = 0;
    const crash = (): void => {
      calls += 1;
      if (calls >= at) throw new Error('killed');
    };
    try {
      const second = await realm.open({ crash });
      await second.start();
      await realm.clock.advance(1_000);
      await second.loop.stop(0);
    } catch {
      // it died before it began
    }
    realm.write('realm.config.yaml', files('  a: { path: third.txt, text: a }\n'));
    const third = await realm.open();
    await third.start();
    await realm.clock.advance(5_000);
    await realm.stop(third);
    expect(
      readdirSync(realm.root).filter((name) => name.endsWith('.txt')),
      `killed at ${at}`,
    ).toEqual(['third.txt']);
    if (calls < at) return;
  }
  expect.unreachable('there are fewer crash points than that');
});
