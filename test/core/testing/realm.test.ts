// The small realm for authors: a context that behaves like the kernel's, with everything in reach.
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { again, blocked, unknown } from '../../../core/contract/kind.ts';
import type { Kind } from '../../../core/contract/kind.ts';
import type { Setup } from '../../../core/contract/plugin.ts';
import { s, Secret } from '../../../core/schema/schema.ts';
import { testRealm } from '../../../core/testing/realm.ts';

const shape = {
  spec: s.object({ n: s.integer(), every: s.duration().default('1h') }),
  state: s.object({ n: s.integer() }),
};
type Counted = Kind<{ readonly n: number; readonly every: number }, { readonly n: number }>;
const plugin = (setup: (realm: Setup) => void, over: object = {}) => ({ name: 'p', summary: '', setup, ...over });
const counted = (over: Partial<Counted>) =>
  plugin((realm) => realm.kind({ ...shape, name: 'count', section: 'counts', observe: async () => null, ...over }));

test('specs are written as in the YAML, decoded and frozen; a wrong one names its place', async () => {
  await using realm = await testRealm({ plugins: counted({ observe: async () => null }) });
  const want = realm.want('count', { n: 1 });
  expect(want.spec).toEqual({ n: 1, every: 3_600_000 });
  expect(Object.isFrozen(want.spec)).toBe(true);
  expect(realm.want('count', { n: 2 }).generation).toBe(2);
  expect(() => realm.want('count', { n: 'one' })).toThrow('the spec of count: n is not a number');
  expect(() => realm.want('cuont', {})).toThrow('no plugin under test declares the kind "cuont"; there are: count');
});

test('the folder is gone afterwards', async () => {
  const realm = await testRealm({ plugins: counted({ observe: async () => null }) });
  expect(existsSync(realm.root)).toBe(true);
  await realm.dispose();
  expect(existsSync(realm.root)).toBe(false);
});

test('apply goes on while the kind says again, and time passes meanwhile', async () => {
  let n = 0;
  const times: number[] = [];
  const climbing = counted({
    observe: async () => ({ n }),
    apply: async (_want, _changes, ctx) => {
      times.push(ctx.now());
      n++;
      return n < 3 ? again(60_000, `at ${n}`) : undefined;
    },
  });
  await using realm = await testRealm({ plugins: climbing, start: 0 });
  expect(await realm.apply(realm.want('count', { n: 3 }))).toMatchObject({ converged: true, state: { n: 3 } });
  expect(times).toEqual([0, 60_000, 120_000]);
});

test('blocked, unknown and a kind that only looks end without converging, with the reason', async () => {
  const cases: [Partial<Counted>, string][] = [
    [{ observe: async () => null, apply: async () => blocked('no disk') }, 'blocked: no disk'],
    [{ observe: async () => unknown('asleep') }, 'asleep'],
    [{ observe: async () => null }, ''],
  ];
  for (const [over, why] of cases) {
    await using realm = await testRealm({ plugins: counted(over) });
    expect(await realm.apply(realm.want('count', { n: 1 }))).toMatchObject({ converged: false, why });
  }
});

test('what was applied is the last spec of the next look; a restart forgets memory and keeps rows', async () => {
  const lasts: unknown[] = [];
  let setups = 0;
  const remembering = plugin((realm) => {
    setups++;
    realm.kind({
      ...shape,
      name: 'count',
      section: 'counts',
      observe: async (_want, ctx) => ({ n: Number(ctx.rows.get('n') ?? 0) }),
      diff: (spec, state, last) => {
        lasts.push(last?.n);
        return state?.n === spec.n ? [] : [{ action: 'update', path: 'n' }];
      },
      apply: async (want, _changes, ctx) => ctx.rows.set('n', want.spec.n),
    });
  });
  await using realm = await testRealm({ plugins: remembering });
  await realm.apply(realm.want('count', { n: 4 }));
  realm.restart();
  expect(await realm.apply(realm.want('count', { n: 4 }))).toMatchObject({ converged: true, changes: [] });
  expect([setups, lasts]).toEqual([2, [undefined, undefined, 4]]);
});

test('rows hold JSON of one plugin, in order, and refuse what is none', async () => {
  await using realm = await testRealm({ plugins: [counted({}), { ...plugin(() => {}), name: 'q' }] });
  const { rows } = realm.contextFor('count');
  rows.set('b', { deep: [1] });
  rows.set('a', null);
  rows.set('c', 1);
  rows.delete('c');
  expect(rows.list()).toEqual([
    { key: 'a', value: null },
    { key: 'b', value: { deep: [1] } },
  ]);
  expect(rows.list('b')).toHaveLength(1);
  expect(() => rows.set('f', () => {})).toThrow('would hold no JSON value');
  expect(() => rows.set('g', 'x'.repeat(2 ** 20))).toThrow('would hold');
});

test('a run really runs, once per key, and tells its end', async () => {
  let ran = 0;
  const acting = plugin((realm) => {
    realm.kind({ spec: shape.spec, name: 'count', section: 'counts' });
    const input = s.object({ fail: s.boolean() });
    const run = async ({ fail }: { fail: boolean }) => {
      if (fail) throw new Error('full');
      return ++ran;
    };
    realm.action({ name: 'p.go', summary: '', input, effect: 'write', run });
  });
  await using realm = await testRealm({ plugins: acting });
  const ctx = realm.contextFor('count');
  const first = await ctx.start({ action: 'p.go', key: 'k@1', input: { fail: false } });
  const second = await ctx.start({ action: 'p.go', key: 'k@1', input: { fail: false } });
  expect([first.isNew, second]).toEqual([true, { id: first.id, isNew: false }]);
  await ctx.start({ action: 'p.go', key: 'k@2', input: { fail: true } });
  await ctx.start({ action: 'p.gone', key: 'k@3', input: {} });
  await realm.advance(1);
  expect(ctx.runs('k@').map(({ key, state, reason, output }) => [key, state, reason, output])).toEqual([
    ['k@3', 'failed', 'no plugin under test offers the action "p.gone"', undefined],
    ['k@2', 'failed', 'full', undefined],
    ['k@1', 'succeeded', null, 1],
  ]);
  expect([ran, ctx.runs('k@', 1).length]).toEqual([1, 1]);
});

test('logs, facts, wakes, secrets, ticks and resources are in reach', async () => {
  await using realm = await testRealm({ plugins: counted({}), secrets: { key: 's3cret' }, start: 1_000 });
  const stop = new AbortController();
  const ctx = realm.contextFor('count', stop.signal);
  ctx.log.warn('careful', { n: 1 });
  ctx.emit('plugin.recovered', { plugin: 'p' }, { ref: 'count/a' });
  ctx.wake('count/a');
  realm.want('count', { n: 1 }, 'a');
  expect(realm.log).toEqual([{ plugin: 'p', level: 'warn', message: 'careful', fields: { n: 1 } }]);
  expect(realm.events).toEqual([{ plugin: 'p', type: 'plugin.recovered', data: { plugin: 'p' }, ref: 'count/a' }]);
  expect([realm.wakes, ctx.resources('count').map(({ name }) => name)]).toEqual([['count/a'], ['a']]);
  expect(ctx.reveal(new Secret('key'))).toBe('s3cret');
  expect(ctx.reveal('written out')).toBe('written out');
  expect(() => ctx.reveal(new Secret('other'))).toThrow('the test knows no secret "other"');
  const ticks: number[] = [];
  const loop = (async () => {
    for await (const _ of ctx.every(500)) ticks.push(ctx.now());
  })();
  await realm.advance(1_600);
  stop.abort();
  await loop;
  expect(ticks).toEqual([1_500, 2_000, 2_500]);
});

test('settings are decoded like any spec', async () => {
  const settings = { section: 'ps', schema: s.object({ wait: s.duration() }) };
  let seen: unknown;
  const taking = { ...plugin(() => {}), settings, setup: (_: Setup, given: unknown) => void (seen = given) };
  await (await testRealm({ plugins: taking, settings: { p: { wait: '2s' } } })).dispose();
  expect(seen).toEqual({ wait: 2_000 });
  await expect(testRealm({ plugins: taking, settings: { p: { wait: 'soon' } } })).rejects.toThrow(
    /settings of p: wait/,
  );
});
