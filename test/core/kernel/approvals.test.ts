// What needs a yes from a person, and what a hold does.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { type TestRealm, testRealm } from './realm.ts';

const locked = (text: string): string =>
  `realm: { locked: ["files.*.text"] }\nplugins: [file]\nfiles:\n  a: { path: a.txt, text: ${text} }\n  free: { path: free.txt, text: x, mode: "0600" }\n`;
const read = (realm: TestRealm): string => readFileSync(join(realm.root, 'a.txt'), 'utf8');

async function running(realm: TestRealm): Promise<Kernel> {
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(2_000);
  return kernel;
}

test('a locked value changes only after a yes for exactly this change', async () => {
  const realm = testRealm({ 'realm.config.yaml': locked('one') });
  const kernel = await running(realm);
  const door = realm.door(kernel);
  expect(read(realm)).toBe('one'); // making it for the first time is free
  realm.write('realm.config.yaml', locked('two'));
  await kernel.reload();
  await realm.clock.advance(2_000);
  expect(read(realm)).toBe('one');
  const [first] = await door.approvals();
  expect(first).toMatchObject({ ref: 'file/a', state: 'waiting' });
  expect(first!.what).toContain('"one" -> "two"');
  expect((await door.status('file/a')).resources[0]!.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
    status: 'False',
    reason: 'ApprovalNeeded',
  });
  // The change becomes another one: the first yes must not carry it.
  realm.write('realm.config.yaml', locked('three'));
  await kernel.reload();
  await realm.clock.advance(2_000);
  await door.answer(first!.id, 'approved', 'looks right', 'user:ann');
  await realm.clock.advance(2_000);
  expect(read(realm)).toBe('one');
  const second = (await door.approvals()).find(({ state }) => state === 'waiting')!;
  await door.answer(second.id, 'approved', 'this one', 'user:ann');
  await realm.clock.advance(2_000);
  expect(read(realm)).toBe('three');
  await expect(door.answer(second.id, 'denied', 'too late', 'user:bob')).rejects.toMatchObject({
    code: 'APPROVAL_CLOSED',
  });
  await kernel.stop(1_000);
});

test('a yes is used up: the same change later asks again', async () => {
  const realm = testRealm({ 'realm.config.yaml': locked('one') });
  const kernel = await running(realm);
  const door = realm.door(kernel);
  for (const [text, answered] of [
    ['two', 1],
    ['one', 2],
    ['two', 3],
  ] as const) {
    realm.write('realm.config.yaml', locked(text));
    await kernel.reload();
    await realm.clock.advance(2_000);
    const waiting = (await door.approvals()).filter(({ state }) => state === 'waiting');
    expect(waiting).toHaveLength(1);
    await door.answer(waiting[0]!.id, 'approved', 'yes', 'user:ann');
    await realm.clock.advance(2_000);
    expect(read(realm)).toBe(text);
    expect((await door.approvals()).filter(({ state }) => state === 'approved').length).toBeGreaterThanOrEqual(
      Math.min(answered, 2),
    );
  }
  await kernel.stop(1_000);
});

test('a no holds, and an approval nobody answers expires', async () => {
  const realm = testRealm({ 'realm.config.yaml': locked('one') });
  const kernel = await running(realm);
  const door = realm.door(kernel);
  realm.write('realm.config.yaml', locked('two'));
  await kernel.reload();
  await realm.clock.advance(2_000);
  const [asked] = await door.approvals();
  await door.answer(asked!.id, 'denied', 'not today', 'user:bob');
  await realm.clock.advance(120_000);
  expect(read(realm)).toBe('one');
  expect((await door.why('file/a')).reasons.join('\n')).toContain('not today');
  await kernel.stop(1_000);
});

test('protect keeps a thing from being removed until somebody says yes', async () => {
  const both = 'plugins: [file]\nfiles:\n  a: { path: a.txt, text: a, protect: true }\n  b: { path: b.txt, text: b }\n';
  const realm = testRealm({ 'realm.config.yaml': both });
  const kernel = await running(realm);
  const door = realm.door(kernel);
  realm.write('realm.config.yaml', 'plugins: [file]\nfiles:\n  b: { path: b.txt, text: b }\n');
  await kernel.reload();
  expect((await door.plan({})).changes[0]).toMatchObject({
    ref: 'file/a',
    action: 'remove',
    held: expect.stringContaining('protected'),
  });
  await realm.clock.advance(5_000);
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(true);
  const [asked] = await door.approvals();
  await door.answer(asked!.id, 'approved', 'it may go', 'user:ann');
  await realm.clock.advance(2_000);
  expect(existsSync(join(realm.root, 'a.txt'))).toBe(false);
  await kernel.stop(1_000);
});

test('an operator who holds a resource is obeyed until the opposite or the expiry', async () => {
  const config = (text: string): string => `plugins: [file]\nfiles:\n  a: { path: a.txt, text: ${text} }\n`;
  const realm = testRealm({ 'realm.config.yaml': config('one') });
  const kernel = await running(realm);
  const door = realm.door(kernel);
  const until = new Date(realm.clock.now() + 600_000).toISOString();
  await door.setOverride({ ref: 'file/a', effect: 'hold', why: 'looking into it', actor: 'user:ann', until });
  realm.write('realm.config.yaml', config('two'));
  await kernel.reload();
  await realm.clock.advance(300_000);
  expect(read(realm)).toBe('one');
  expect((await door.plan({})).changes[0]!.held).toContain('looking into it');
  await realm.clock.advance(400_000);
  expect(read(realm)).toBe('two');
  await expect(door.setOverride({ ref: 'file/a', effect: 'stop', why: 'x', actor: 'user:ann' })).rejects.toMatchObject({
    code: 'OVERRIDE_UNFIT',
  });
  await kernel.stop(1_000);
});
