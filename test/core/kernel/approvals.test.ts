// What needs a yes from a person, and what a hold does.
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { seededRandom } from '../../../core/random.ts';
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

test('what is asked is said as people write it, not in milliseconds and bits', async () => {
  const config = (mode: string): string =>
    `realm: { locked: ["files.a.mode"] }\nplugins: [file]\nfiles:\n  a: { path: a.txt, text: x, mode: "${mode}" }\n`;
  const realm = testRealm({ 'realm.config.yaml': config('0644') });
  const kernel = await running(realm);
  realm.write('realm.config.yaml', config('0600'));
  await kernel.reload();
  await realm.clock.advance(2_000);
  const [asked] = await realm.door(kernel).approvals();
  expect(asked!.what).toContain('mode: "0644" -> "0600"');
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

test.each(['update', 'replace'])(
  'a yes for stale evidence (%s) counts however late it comes, for this slot',
  async (how) => {
    const realm = testRealm({
      'realm.config.yaml': `plugins: [./fresh.ts]\nevidence:\n  a: { path: a.txt, maxAge: 1h, how: ${how}, protect: true }\n`,
      'a.txt': String(Date.parse('2025-12-31T22:00:00Z')),
    });
    cpSync(join(import.meta.dirname, 'plugins/fresh.ts'), join(realm.root, 'fresh.ts'));
    const kernel = await running(realm);
    const door = realm.door(kernel);
    const changedAt = (): string => new Date(Number(read(realm))).toISOString();
    for (const [newest, answeredAt] of [
      ['2025-12-31T22:00:00.000Z', '2026-01-01T00:10:02.000Z'],
      ['2026-01-01T00:10:02.000Z', '2026-01-01T03:00:00.000Z'],
    ] as const) {
      await realm.clock.advanceTo(answeredAt); // the same is seen stale at many times until then
      expect(changedAt()).toBe(newest);
      const waiting = (await door.approvals()).filter(({ state }) => state === 'waiting');
      expect(waiting).toHaveLength(1);
      expect((await door.plan({})).changes[0]!.held).toBeDefined();
      await door.answer(waiting[0]!.id, 'approved', 'watching', 'user:ann');
      await realm.clock.advance(0);
      expect(changedAt()).toBe(answeredAt);
    }
    await kernel.stop(1_000);
  },
);

test('a yes for one slot is none for the next', async () => {
  const config = 'plugins: [./fresh.ts]\nevidence:\n  a: { path: a.txt, maxAge: 1h, how: update }\n';
  const old = String(Date.parse('2025-12-31T22:00:00Z'));
  const realm = testRealm({ 'realm.config.yaml': config, 'a.txt': old });
  cpSync(join(import.meta.dirname, 'plugins/fresh.ts'), join(realm.root, 'fresh.ts'));
  const kernel = await running(realm);
  const door = realm.door(kernel);
  const hold = { ref: 'evidence/a', effect: 'hold', why: 'not yet', actor: 'user:ann' } as const;
  await door.setOverride(hold);
  await door.answer((await door.approvals())[0]!.id, 'approved', 'watching', 'user:ann');
  const younger = String(Date.parse('2025-12-31T22:30:00Z'));
  realm.write('a.txt', younger);
  await door.clearOverride(hold);
  await realm.clock.advance(2_000);
  expect(read(realm)).toBe(younger);
  realm.write('a.txt', old); // what the yes was for
  await realm.clock.advance(60_000);
  expect(Number(read(realm))).toBeGreaterThan(Number(younger));
  await kernel.stop(1_000);
});

test('a change that is another one at each look asks without end, and only the newest questions are kept', async () => {
  const config = 'plugins: [./fresh.ts]\nevidence:\n  a: { path: a.txt, maxAge: 1h, how: update, nameless: true }\n';
  const realm = testRealm({ 'realm.config.yaml': config, 'a.txt': '0' });
  cpSync(join(import.meta.dirname, 'plugins/fresh.ts'), join(realm.root, 'fresh.ts'));
  const kernel = await running(realm);
  const door = realm.door(kernel);
  const [first] = await door.approvals();
  await realm.clock.advance(3_600_000);
  const kept = await door.approvals();
  expect(kept.length).toBeLessThan(30);
  expect(kept.map(({ id }) => id)).not.toContain(first!.id);
  await expect(door.answer(first!.id, 'approved', 'late', 'user:ann')).rejects.toMatchObject({
    code: 'APPROVAL_UNKNOWN',
  });
  await kernel.stop(1_000);
});

test('what has ended is forgotten after a month', async () => {
  const realm = testRealm({ 'realm.config.yaml': locked('one') });
  let lives = 0;
  const life = async (text: string): Promise<readonly string[]> => {
    realm.write('realm.config.yaml', locked(text));
    const kernel = await realm.open({ world: { random: seededRandom(++lives) } }); // else ids repeat
    await kernel.start();
    await realm.clock.advance(2_000);
    const door = realm.door(kernel);
    const asked = await door.approvals();
    for (const { id, state } of asked) if (state === 'waiting') await door.answer(id, 'approved', 'yes', 'user:ann');
    await kernel.stop(1_000);
    return asked.map(({ id }) => id);
  };
  await life('one');
  const [first] = await life('two');
  await realm.clock.advance(29 * 86_400_000);
  expect(await life('three')).toContain(first);
  await realm.clock.advance(2 * 86_400_000);
  expect(await life('four')).not.toContain(first);
});
