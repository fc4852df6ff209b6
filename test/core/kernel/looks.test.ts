// Looks that fail, hang, or find things elsewhere.
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Door } from '../../../core/api/door.ts';
import { lookingDoor } from '../../../core/api/look.ts';
import { type TestRealm, testRealm } from './realm.ts';

const files = (lines: string): string => `plugins: [file]\nfiles:\n${lines}`;
const has = (realm: TestRealm, name: string): boolean => existsSync(join(realm.root, name));

test('drift is told once for each time the world moved, not once for each look', async () => {
  const realm = testRealm({ 'realm.config.yaml': files('  a: { path: a.txt, text: one }\n') });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  const door = realm.door(kernel);
  await door.setOverride({ ref: 'file/a', effect: 'hold', why: 'looking', actor: 'user:ann' });
  realm.write('a.txt', 'by hand');
  await realm.clock.advance(600_000);
  const told = (): number => kernel.store.journal.read({ type: 'resource.drifted' }).length;
  expect(told()).toBe(1);
  await door.clearOverride({ ref: 'file/a', effect: 'hold', why: 'done', actor: 'user:ann' });
  await realm.clock.advance(1_000);
  realm.write('a.txt', 'again');
  await realm.clock.advance(90_000);
  expect(told()).toBe(2);
  const [applied] = kernel.store.journal.read({ type: 'resource.applied' });
  expect(applied!.durationMs).toBeGreaterThanOrEqual(0);
  await realm.stop(kernel);
});

test('an override ends at its very instant, and that is told', async () => {
  const realm = testRealm({ 'realm.config.yaml': files('  a: { path: a.txt, text: one }\n') });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  const until = new Date(realm.clock.now() + 7_000).toISOString();
  await realm.door(kernel).setOverride({ ref: 'file/a', effect: 'hold', why: 'short', actor: 'user:ann', until });
  realm.write('a.txt', 'by hand');
  await realm.clock.advance(6_999);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('by hand');
  await realm.clock.advance(1);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('one');
  await realm.clock.advance(100);
  expect(kernel.store.journal.read({ type: 'override.cleared' })).toHaveLength(1);
  await realm.stop(kernel);
});

test('of two that are edited at once the later waits for the earlier, and goes on without a change of Ready', async () => {
  const both = (text: string, path = 'a.txt'): string =>
    files(`  a: { path: ${path}, text: ${text} }\n  b: { path: b.txt, text: ${text}, after: [file/a] }\n`);
  const realm = testRealm({ 'realm.config.yaml': both('one') });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  realm.write('realm.config.yaml', both('two'));
  await kernel.reload();
  await realm.clock.advance(100);
  const applied = kernel.store.journal.read({ type: 'resource.applied' }).map(({ ref }) => ref);
  expect(applied).toEqual(['file/a', 'file/b', 'file/a', 'file/b']);
  await realm.stop(kernel);
});

test('a clock that leapt while all was at rest keeps nobody waiting', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [file]\nfiles: { a: { path: a.txt, text: a } }\n' });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(10_000);
  for (const leap of [3_600_000, -3_600_000, 30_000]) {
    realm.clock.jump(leap);
    kernel.loop.wake('file/a');
    await realm.clock.advance(1_000);
    let looks = 0;
    kernel.loop.onPass = () => (looks += 1);
    kernel.loop.wake('file/a', 20_000);
    kernel.loop.wake('file/a', 5_000);
    await realm.clock.advance(6_000);
    expect(looks, String(leap)).toBe(1);
    kernel.loop.onPass = undefined;
  }
  await realm.stop(kernel);
});

test('plugins that hang keep nobody else from being looked at', async () => {
  const bads = Array.from({ length: 40 }, (_, n) => `  h${n}: { path: h${n}.txt, how: observe-hangs }\n`).join('');
  const realm = testRealm({
    'realm.config.yaml': `plugins: [./bad.ts, file]\nbads:\n${bads}files:\n  good: { path: good.txt, text: x }\n`,
  });
  cpSync(join(import.meta.dirname, 'plugins/bad.ts'), join(realm.root, 'bad.ts'));
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(5_000);
  expect(has(realm, 'good.txt')).toBe(true);
  await realm.stop(kernel);
});

test('what was ready before an edit of it lets nothing through that comes after it', async () => {
  const both = (how: string, text: string): string =>
    `plugins: [./bad.ts, file]\nbads:\n  a: { path: a.txt, how: ${how} }\nfiles:\n  b: { path: b.txt, text: ${text}, after: [bad/a] }\n`;
  const realm = testRealm({ 'realm.config.yaml': both('fine', 'one') });
  cpSync(join(import.meta.dirname, 'plugins/bad.ts'), join(realm.root, 'bad.ts'));
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  realm.write('realm.config.yaml', both('apply-hangs', 'two'));
  await kernel.reload();
  await realm.clock.advance(30_000);
  expect(readFileSync(join(realm.root, 'b.txt'), 'utf8')).toBe('one');
  expect((await realm.door(kernel).why('file/b')).reasons[0]).toBe(
    'it waits for bad/a to be ready, which was edited, and not looked at since',
  );
  await realm.stop(kernel);
});

test('data is ready, what gives up is stalled and left alone, what is not seen is never changed', async () => {
  const realm = testRealm({
    'realm.config.yaml':
      'plugins: [./odd.ts, file]\ndata: { d: { value: x } }\nhopeless: { h: { value: x } }\nhidden: { u: { value: x } }\nfiles:\n  after-data: { path: d.txt, text: x, after: [datum/d] }\n',
  });
  cpSync(join(import.meta.dirname, 'plugins/odd.ts'), join(realm.root, 'odd.ts'));
  const kernel = await realm.open();
  const looks = new Map<string, number>();
  kernel.loop.onPass = (ref) => looks.set(ref, (looks.get(ref) ?? 0) + 1);
  await kernel.start();
  await realm.clock.advance(600_000);
  const { resources } = await realm.door(kernel).status();
  expect(Object.fromEntries(resources.map(({ ref, ready }) => [ref, ready]))).toEqual({
    'datum/d': true,
    'file/after-data': true,
    'hidden/u': null,
    'hopeless/h': false,
  });
  const hopeless = resources.find(({ ref }) => ref === 'hopeless/h')!.conditions;
  expect(hopeless.find(({ type }) => type === 'Stalled')).toMatchObject({ status: 'True', reason: 'LOOK_ONLY' });
  expect(looks.get('hopeless/h')).toBeLessThan(15); // the regular looks alone: ten minutes, one a minute
  expect(kernel.store.journal.read({ type: 'resource.applied', ref: 'hidden/u' })).toEqual([]);
  await realm.stop(kernel);
});

test('what a plugin asks of another resource is how it stood after its last pass, without a daemon too', async () => {
  const realm = testRealm({
    'realm.config.yaml': 'plugins: [./asker.ts, file]\nfiles: { a: { path: a.txt, text: a } }\naskers: { x: {} }\n',
    'asker.ts': `import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'asker',
  summary: 'Asks how others stand.',
  setup(realm) {
    realm.kind({
      name: 'asker',
      section: 'askers',
      spec: s.object({}),
      state: s.object({ said: s.string() }),
      observe: async (_, ctx) => {
        const [ready] = ctx.conditions('file/a');
        const none = ctx.conditions('file/none').length;
        return { said: ready === undefined ? 'nothing' : [ready.type, ready.status, ready.since, none].join(' ') };
      },
      diff: (_, state) => [{ action: 'update', path: 'said', from: state.said, to: 'something else' }],
    });
  },
});
`,
  });
  const begun = Date.parse('2026-01-01T00:00:00Z');
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(100_000);
  const heard = async (door: Door): Promise<unknown> => (await door.plan({})).changes[0]!.fields[0]!.from;
  expect(await heard(realm.door(kernel))).toBe(`Ready True ${begun} 0`);
  await realm.stop(kernel);
  const { file, stateDir, world } = kernel.options;
  const { clock } = realm;
  const { signal } = new AbortController();
  const looking = { file, stateDir, env: {}, clock, signal, wait: true, need: 'look', purpose: 'realm plan' } as const;
  const door = await lookingDoor(looking, world);
  expect(await heard(door)).toBe(`Ready True ${begun} 0`);
  await door.close();
});

test('what a background asks for is looked at in the same instant, before all regular looks that are due', async () => {
  const realm = testRealm({
    'realm.config.yaml': `plugins: [./ears.ts]\nears:\n${Array.from({ length: 40 }, (_, n) => `  e${n}: {}\n`).join('')}`,
    'ears.ts': `import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'ears',
  summary: 'Hears something every now and then.',
  setup(realm) {
    realm.kind({
      name: 'ear',
      section: 'ears',
      spec: s.object({}),
      state: s.object({}),
      resyncMs: 0,
      next: (_spec, _state, now) => (now < ${Date.parse('2026-01-01T00:01:00Z')} ? ${Date.parse('2026-01-01T00:01:00Z')} : undefined),
      observe: async ({ name }, ctx) => {
        appendFileSync(join(ctx.paths.root, 'looks.log'), ctx.now() + ' ' + name + '\\n');
        return {};
      },
    });
    realm.background('hearing', async (ctx) => {
      for await (const _ of ctx.every(60_000)) if (ctx.now() > ${Date.parse('2026-01-01T00:00:30Z')}) ctx.wake('ear/e39');
    });
  },
});
`,
  });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(60_100);
  const minute = Date.parse('2026-01-01T00:01:00Z');
  const looks = readFileSync(join(realm.root, 'looks.log'), 'utf8').trim().split('\n').slice(40);
  expect(looks).toHaveLength(40);
  expect(looks.every((line) => line.startsWith(`${minute} `))).toBe(true);
  expect(looks.findIndex((line) => line.endsWith(' e39'))).toBeLessThan(16); // as soon as one of the sixteen is free
  await realm.stop(kernel);
});
