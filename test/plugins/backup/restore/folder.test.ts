// Which snapshots make one folder: the newest of all of it, and the newer ones of parts of it; older ones when those do not do.
import * as fc from 'fast-check';
import { RealmError } from 'realm-runner/plugin';
import { expect, test } from 'vitest';
import { fromText } from '../../../../plugins/backup/byte-text.ts';
import type { Engine } from '../../../../plugins/backup/engine.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import { howSaved } from '../../../../plugins/backup/lend.ts';
import type { Backup } from '../../../../plugins/backup/policies.ts';
import { foundIn, newestState, type Source } from '../../../../plugins/backup/restore/folder.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';

const FOLDER = fromText('agents/z');
type Made = Partial<Snapshot> & { readonly holds?: boolean };

/** Snapshots by their time; each holds the folder unless it is said otherwise. */
function source(policy: string, isWhole: boolean, times: Readonly<Record<number, Made>>): Source {
  const snapshots = Object.entries(times).map(([at, more]) => ({
    id: `${policy}/${at}`,
    startedAt: Number(at),
    trigger: 'schedule',
    status: 'complete',
    damaged: [],
    ...more,
  })) as unknown as (Snapshot & Made)[];
  const engine = {
    name: 'backups',
    list: async () => ({ snapshots, unreadable: [] }),
    entries: async function* (one: Snapshot): AsyncGenerator<Partial<Entry>> {
      yield { path: fromText('agents'), type: 'folder' };
      if ((one as Made).holds !== false) yield { path: FOLDER, type: 'folder' };
      yield { path: fromText('agents/zoo'), type: 'file' };
    },
  } as unknown as Engine;
  return { policy, isWhole, engines: [engine] };
}

async function stateOf(sources: readonly Source[], avoid: readonly string[] = [], remarks: string[] = []) {
  const state = await newestState(await foundIn(sources, remarks), avoid, FOLDER, remarks);
  return state && [state.base?.id ?? null, ...state.over.map(({ id }) => id)];
}

test('the weekly one is the base, and the newer daily one lies over it; an older daily one says nothing more', async () => {
  const weekly = source('weekly', true, { 10: {}, 20: {} });
  expect(await stateOf([weekly, source('daily', false, { 11: {}, 25: {}, 22: {} })])).toEqual([
    'weekly/20',
    'daily/25',
  ]);
  expect(await stateOf([weekly, source('daily', false, { 11: {} })])).toEqual(['weekly/20']);
});

test('a change that nobody agreed to brings nothing back; what was before it, and what somebody agreed to, does', async () => {
  const change = { phase: 'after', paths: ['w.json'], question: 'q' } as unknown as NonNullable<Snapshot['change']>;
  const answered = (is: 'approved' | 'denied' | 'reverted'): Made => ({
    change: { ...change, answer: { is, by: 'user:ada', why: 'looked at' } } as NonNullable<Snapshot['change']>,
  });
  const remarks: string[] = [];
  const state = (times: Readonly<Record<number, Made>>) =>
    stateOf([source('weekly', true, { 20: {} }), source('on-change', false, times)], [], remarks);
  expect(await state({ 21: { change: { ...change, phase: 'before' } }, 22: { change } })).toEqual([
    'weekly/20',
    'on-change/21',
  ]);
  expect(remarks).toEqual(['on-change/22 is left out: it saved a change that nobody agreed to']);
  expect(await state({ 23: answered('denied'), 24: answered('reverted') })).toEqual(['weekly/20']);
  expect(await state({ 25: answered('approved'), 26: { change } })).toEqual(['weekly/20', 'on-change/25']);
});

test('what nobody can read is left out, unless another target has it whole', async () => {
  const lost = (one: Source, id: string): Source => ({
    ...one,
    engines: one.engines.map((engine) => ({
      ...engine,
      entries: (snapshot: Snapshot) => {
        if (snapshot.id === id) throw new RealmError('BACKUP_DAMAGED', `${id}: its list is damaged`);
        return engine.entries(snapshot);
      },
    })),
  });
  const daily = source('daily', true, { 20: {}, 25: {} });
  const broken = lost(daily, 'daily/25');
  const remarks: string[] = [];
  expect(await stateOf([broken], [], remarks)).toEqual(['daily/20']);
  expect(remarks).toEqual(['daily/25: its list is damaged: it is left out']);
  expect(await stateOf([{ ...broken, engines: [...broken.engines, ...daily.engines] }])).toEqual(['daily/25']);
});

test('several parts, oldest first; without any base they are laid over what is there', async () => {
  const parts = [source('daily', false, { 25: {} }), source('on-change', false, { 24: {}, 23: {} })];
  expect(await stateOf([source('weekly', true, { 20: {} }), ...parts])).toEqual([
    'weekly/20',
    'on-change/24',
    'daily/25',
  ]);
  expect(await stateOf(parts)).toEqual([null, 'on-change/24', 'daily/25']);
});

test('one to avoid takes the whole state back to before it, one snapshot after the other', async () => {
  const sources = [source('weekly', true, { 10: {}, 20: {} }), source('daily', false, { 11: {}, 25: {} })];
  const avoid: string[] = [];
  const states: unknown[] = [];
  for (let state = await stateOf(sources); state !== undefined; state = await stateOf(sources, avoid)) {
    states.push(state);
    avoid.push(state.at(-1)!);
  }
  expect(states).toEqual([['weekly/20', 'daily/25'], ['weekly/20'], ['weekly/10', 'daily/11'], ['weekly/10']]);
});

test('W: damaged, partial ones, what a restore saved before itself, and what holds nothing of the folder, are passed by', async () => {
  const remarks: string[] = [];
  const weekly = source('weekly', true, {
    10: {},
    20: { damaged: ['data/agents/z/SOUL.md'] },
    21: { trigger: 'safety' },
  });
  const daily = source('daily', false, { 22: { status: 'partial' }, 23: { holds: false } });
  expect(await stateOf([weekly, daily], [], remarks)).toEqual(['weekly/10']);
  expect(remarks).toEqual(['weekly/20 is damaged (data/agents/z/SOUL.md): an older one is used']);
});

test('a target that cannot be read is said, and the others are used', async () => {
  const remarks: string[] = [];
  const away = { name: 'nas', list: async () => Promise.reject(new Error('not mounted')) } as unknown as Engine;
  const both = { ...source('weekly', true, { 10: {} }) };
  expect(await stateOf([{ ...both, engines: [away, ...both.engines] }], [], remarks)).toEqual(['weekly/10']);
  expect(remarks).toEqual(['nas is left out: not mounted']);
});

test('whatever there is: parts are newer than the base, in order, one of each policy, and the newest is never one to avoid', async () => {
  const times = fc.uniqueArray(fc.nat(30), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(times, times, times, fc.nat(8), async (weekly, daily, change, avoided) => {
      const of = (all: readonly number[]): Record<number, Made> => Object.fromEntries(all.map((at) => [at, {}]));
      const sources = [
        source('weekly', true, of(weekly)),
        source('daily', false, of(daily)),
        source('on-change', false, of(change)),
      ];
      const all = await foundIn(sources, []);
      const avoid = all.slice(0, avoided).map(({ id }) => id);
      const state = await newestState(all, avoid, FOLDER);
      if (state === undefined) {
        expect(all.length).toBeLessThanOrEqual(avoided);
        return;
      }
      const { base, over, top } = state;
      const order = [...(base === undefined ? [] : [base]), ...over].map(({ startedAt }) => startedAt);
      expect(order).toEqual(order.toSorted((one, other) => one - other));
      expect(new Set(over.map(({ source: { policy } }) => policy)).size).toBe(over.length);
      expect(avoid).not.toContain(top.id);
      expect(top.startedAt).toBe(order.at(-1));
    }),
    { numRuns: 300 },
  );
});

test('a policy saves a folder as a whole from at or above it, in part with `include` or from below', () => {
  const how = (sources: readonly unknown[]): string | undefined =>
    howSaved({ name: 'x', spec: { sources } } as unknown as Backup, '/realm/agents/z', '/realm');
  expect(how(['/realm/agents'])).toBe('whole');
  expect(how(['/realm/agents/z'])).toBe('whole');
  expect(how([{ from: '/realm', exclude: ['**/*.tmp'] }])).toBe('whole');
  expect(how([{ from: '/realm/agents', include: ['*/memory/**'], exclude: [] }])).toBe('part');
  expect(how(['/realm/agents/z/memory'])).toBe('part');
  expect(how(['/realm/agents/zoo', '/srv'])).toBeUndefined();
  expect(how(['/realm/agents/z/memory', '/realm'])).toBe('whole');
});
