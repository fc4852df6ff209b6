// A plugin set stops within its time whatever its plugins do, and its passes end in the set in which they began.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { testRealm } from './realm.ts';

const NEVER_ENDS = `
import { definePlugin } from 'realm-runner/plugin';
export default definePlugin({
  name: 'stubborn',
  summary: 'Never ends.',
  setup(realm) {
    realm.tap('stopping', () => new Promise(() => {}));
    realm.background('deaf', () => new Promise(() => {}));
  },
});
`;

test('hooks and backgrounds that never end share one budget', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [./stubborn.ts]\n', 'stubborn.ts': NEVER_ENDS });
  const kernel = await realm.open();
  await kernel.start();
  const began = realm.clock.now();
  const stopping = kernel.set.stop({ budgetMs: 1_000, everything: false }).then(() => realm.clock.now() - began);
  await realm.clock.advance(5_000);
  expect(await stopping).toBe(1_000);
  await realm.stop(kernel);
});

test('a background that ends when it is told to keeps nobody waiting', async () => {
  const polite = NEVER_ENDS.replace("realm.tap('stopping', () => new Promise(() => {}));", '').replace(
    '() => new Promise(() => {})',
    "(ctx) => new Promise((resolve) => ctx.signal.addEventListener('abort', () => resolve()))",
  );
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [./stubborn.ts]\n', 'stubborn.ts': polite });
  const kernel = await realm.open();
  await kernel.start();
  const began = realm.clock.now();
  await kernel.stop(1_000);
  expect(realm.clock.now() - began).toBe(0);
});

/** Takes some seconds to apply, and writes down who did what: its settings say which plugin set it is of. */
const SLOW = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'slow',
  summary: 'Takes its time.',
  settings: { section: 'slow', schema: s.object({ set: s.string() }) },
  setup(realm, { set }) {
    const note = (ctx, what) => appendFileSync(ctx.paths.root + '/notes', set + ' ' + what + '\\n');
    realm.tap('settled', async ({ ref }, ctx) => note(ctx, 'settled ' + ref));
    realm.tap('stopping', async (budget, ctx) => note(ctx, 'stopping'));
    realm.kind({
      name: 'thing',
      section: 'things',
      spec: s.object({ path: s.path(), text: s.string() }),
      state: s.object({ text: s.string() }),
      resyncMs: 0,
      observe: async ({ spec }) => (existsSync(spec.path) ? { text: readFileSync(spec.path, 'utf8') } : null),
      async apply({ spec }, changes, ctx) {
        note(ctx, 'begins ' + spec.text);
        let ticks = 0;
        for await (const _ of ctx.every(5_000)) if (++ticks === 2) break;
        ctx.rows.set('last', set);
        writeFileSync(spec.path, spec.text);
        note(ctx, 'ends ' + spec.text);
      },
      remove: async () => {},
    });
  },
});
`;
const config = (set: string, text: string): string =>
  `plugins: [./slow.ts]\nslow: { set: ${set} }\nthings:\n  a: { path: a.txt, text: ${text} }\n`;

test.each([
  ['the thing itself stays as it was', 'one', []],
  ['the thing is declared otherwise meanwhile', 'two', ['new begins two', 'new ends two', 'new settled thing/a']],
])('replaced in the middle of a pass: the pass ends in the set in which it began; %s', async (_, text, later) => {
  const realm = testRealm({ 'realm.config.yaml': config('old', 'one'), 'slow.ts': SLOW });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(2_000);
  realm.write('realm.config.yaml', config('new', text));
  const old = kernel.set;
  const reloading = kernel.reload();
  await realm.clock.settled();
  expect(await reloading).toEqual({ ok: true, changed: true });
  expect(kernel.set).not.toBe(old);
  expect(kernel.loop.inHand).toEqual(['thing/a']);
  await realm.clock.advance(30_000);
  expect(readFileSync(join(realm.root, 'notes'), 'utf8').trim().split('\n')).toEqual([
    'old begins one',
    'old stopping',
    'old ends one',
    'old settled thing/a',
    ...later,
  ]);
  expect(kernel.store.rows.of('slow').get('last')).toBe(later.length === 0 ? 'old' : 'new');
  const row = kernel.store.resources.get('thing/a')!;
  expect(row.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
  expect([row.generation, row.observedGeneration]).toEqual(later.length === 0 ? [1, 1] : [2, 2]);
  await realm.stop(kernel);
});

/** Breaks on its first three tries, and leaves a ticker behind each time. */
const BREAKS = `
import { definePlugin } from 'realm-runner/plugin';
export default definePlugin({
  name: 'broken',
  summary: 'Meets an obstacle.',
  setup(realm) {
    let tries = 0;
    realm.background('loop', async (ctx) => {
      const ticker = async () => { for await (const _ of ctx.every(60_000)) globalThis.realmTicks += 1; };
      void ticker();
      tries += 1;
      globalThis.realmTries = tries;
      if (tries <= 3) throw new Error('the disk is full');
      await new Promise((over) => ctx.signal.addEventListener('abort', () => over()));
    });
  },
});
`;

test('a background that throws is begun again, later each time, and what the try before left behind ends', async () => {
  const seen = Object.assign(globalThis, { realmTicks: 0, realmTries: 0 });
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [./broken.ts]\n', 'broken.ts': BREAKS });
  const kernel = await realm.open();
  await kernel.start();
  const health = async () => (await realm.door(kernel).status()).plugins.find(({ plugin }) => plugin === 'broken');
  await realm.clock.advance(500);
  expect(seen.realmTries).toBe(1);
  expect(await health()).toEqual({ plugin: 'broken', degraded: 'background loop: the disk is full' });
  await realm.clock.advance(1_000);
  expect(seen.realmTries).toBe(2);
  await realm.clock.advance(10_000);
  expect(seen.realmTries).toBe(4);
  await realm.clock.advance(60_000);
  expect((await health())?.degraded).toBeNull();
  seen.realmTicks = 0;
  await realm.clock.advance(600_000);
  expect(seen.realmTicks).toBe(10); // of the one that goes on
  expect(seen.realmTries).toBe(4);
  expect(kernel.store.journal.read({ type: 'plugin.degraded' })).toHaveLength(1);
  await realm.stop(kernel);
});

/** Ticks as long as it lives, and says of which set it is. */
const TICKS = `
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'ticks',
  summary: 'Ticks.',
  settings: { section: 'ticks', schema: s.object({ set: s.integer() }) },
  setup(realm, { set }) {
    realm.background('tick', async (ctx) => {
      for await (const _ of ctx.every(1_000)) globalThis.realmTicked.push(set);
    });
  },
});
`;

test('two reloads at once are one after the other: nothing of a plugin set goes on beside the next', async () => {
  const ticked: number[] = [];
  Object.assign(globalThis, { realmTicked: ticked });
  const config = (set: number): string => `plugins: [./ticks.ts]\nticks: { set: ${set} }\n`;
  const realm = testRealm({ 'realm.config.yaml': config(1), 'ticks.ts': TICKS });
  const kernel = await realm.open();
  await kernel.start();
  realm.write('realm.config.yaml', config(2));
  const answers = await Promise.all([kernel.reload(), kernel.reload()]);
  expect(answers).toEqual([
    { ok: true, changed: true },
    { ok: true, changed: false },
  ]);
  await realm.clock.advance(5_000);
  ticked.length = 0;
  await realm.clock.advance(10_000);
  expect(ticked).toEqual(Array.from({ length: 10 }, () => 2));
  await realm.stop(kernel);
});

test('a stop in the middle of a reload: no plugin set begins afterwards', async () => {
  const ticked: number[] = [];
  const stopped: string[] = [];
  Object.assign(globalThis, { realmTicked: ticked, realmStopped: stopped });
  const config = (set: number): string => `plugins: [./ticks.ts, ./stubborn.ts]\nticks: { set: ${set} }\n`;
  const lingers = NEVER_ENDS.replace(
    '() => new Promise(() => {})',
    "async () => void globalThis.realmStopped.push('it')",
  );
  const realm = testRealm({ 'realm.config.yaml': config(1), 'ticks.ts': TICKS, 'stubborn.ts': lingers });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(5_000);
  realm.write('realm.config.yaml', config(2));
  const answers: unknown[] = [];
  const reloading = Promise.allSettled([kernel.reload()]).then((all) => answers.push(...all));
  await vi.waitUntil(() => stopped.length > 0, { timeout: 60_000 }); // the set that goes has 5 s to end
  const stopping = kernel.stop(1_000);
  await realm.clock.advance(30_000);
  await Promise.all([stopping, reloading]);
  expect(answers).toMatchObject([{ reason: { code: 'DAEMON_ABSENT' } }]);
  await realm.clock.advance(10_000);
  expect(ticked).not.toContain(2);
});
