// The tables: what is put comes back, keys are unique, plugins see only their own rows.
import { expect, test } from 'vitest';
import type { StoredRun } from '../../../core/store/runs.ts';
import { place } from './places.ts';

const run = (id: string, more: Partial<StoredRun> = {}): StoredRun => ({
  id,
  key: `key/${id}`,
  forRef: null,
  action: 'backup.run',
  trigger: 'manual',
  state: 'queued',
  createdAt: 1,
  startedAt: null,
  endedAt: null,
  exitCode: null,
  attempt: 1,
  reason: null,
  progress: null,
  leaseUntil: null,
  deadlineAt: null,
  process: null,
  input: { a: [1] },
  output: null,
  ...more,
});

test('resources keep what a put leaves out', () => {
  const { resources } = place().open();
  resources.put('file/a', {
    specHash: 'h',
    conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: 'm', since: 5 }],
  });
  resources.put('file/a', { attempts: 2, intent: { what: 'apply', at: 7 }, lastSpec: { x: null } });
  expect(resources.get('file/a')).toEqual({
    ref: 'file/a',
    kind: 'file',
    generation: 1,
    observedGeneration: 0,
    specHash: 'h',
    lastSpec: { x: null },
    lastHash: null,
    lastAppliedAt: null,
    conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: 'm', since: 5 }],
    attempts: 2,
    intent: { what: 'apply', at: 7 },
    held: null,
    owner: null,
    nextLookAt: null,
  });
  resources.put('file/a', { intent: null, lastSpec: null });
  expect(resources.get('file/a')).toMatchObject({ intent: null, lastSpec: null, attempts: 2 });
  resources.delete('file/a');
  expect(resources.all()).toEqual([]);
});

test('a rename moves the row, what it owns and the words spoken on it', () => {
  const store = place().open();
  store.resources.put('agent/old', { generation: 4 });
  store.resources.put('service/agent-old', { owner: 'agent/old' });
  store.overrides.put({ ref: 'agent/old', effect: 'stop', why: 'w', actor: 'user:a', since: 1, until: null });
  store.resources.rename('agent/old', 'agent/new');
  store.resources.rename('agent/never', 'agent/nobody');
  expect(store.resources.all().map((row) => [row.ref, row.owner, row.generation])).toEqual([
    ['agent/new', null, 4],
    ['service/agent-old', 'agent/new', 1],
  ]);
  expect(store.overrides.get('agent/new', 'stop')).toMatchObject({ why: 'w' });
});

test('one override for each effect; the newer word wins', () => {
  const { overrides } = place().open();
  overrides.put({ ref: 'a/b', effect: 'stop', why: '1', actor: 'user:a', since: 1, until: null });
  overrides.put({ ref: 'a/b', effect: 'stop', why: '2', actor: 'user:a', since: 2, until: 9 });
  overrides.put({ ref: 'a/b', effect: 'hold', why: '3', actor: 'user:a', since: 3, until: null });
  expect(overrides.all('a/b').map((row) => [row.effect, row.why, row.until])).toEqual([
    ['hold', '3', null],
    ['stop', '2', 9],
  ]);
  expect(overrides.delete('a/b', 'stop')).toBe(true);
  expect(overrides.delete('a/b', 'stop')).toBe(false);
});

test('approvals are found by exactly what was shown', () => {
  const { approvals } = place().open();
  const one = {
    id: '1',
    what: 'w',
    ref: 'a/b',
    actor: null,
    reason: null,
    hash: 'h',
    createdAt: 1,
    expiresAt: null,
    state: 'waiting',
  } as const;
  approvals.put(one);
  approvals.put({ ...one, id: '2', createdAt: 2 });
  approvals.put({ ...one, id: '2', createdAt: 2, state: 'approved', actor: 'user:a' });
  expect(approvals.find('a/b', 'h')).toEqual({ ...one, id: '2', createdAt: 2, state: 'approved', actor: 'user:a' });
  expect(approvals.find('a/b', 'other')).toBeUndefined();
  expect(approvals.all().map((row) => row.id)).toEqual(['2', '1']);
  approvals.delete('1');
  expect(approvals.get('1')).toBeUndefined();
});

test('the same key never gets a second run', () => {
  const { runs } = place().open();
  expect(runs.insert(run('a'))).toBe(true);
  expect(runs.insert(run('b', { key: 'key/a' }))).toBe(false);
  expect(runs.get('b')).toBeUndefined();
  expect(runs.byKey('key/a')).toEqual(run('a'));
});

test('runs are updated and listed by resource, state and key, newest first', () => {
  const { runs } = place().open();
  for (const id of ['a', 'b', 'c']) runs.insert(run(id, { forRef: 'x/y', key: `backup/ü💾/${id}` }));
  runs.insert(run('z', { key: 'backup/ü_other' }));
  expect(runs.update('b', { state: 'running', progress: { phase: 'copy', done: 1 }, process: { pid: 1 } })).toBe(true);
  expect(runs.update('nobody', { state: 'lost' })).toBe(false);
  expect(runs.get('b')).toMatchObject({ state: 'running', progress: { phase: 'copy', done: 1 }, process: { pid: 1 } });
  expect(runs.list({ state: ['queued', 'lost'], ref: 'x/y' }).map((row) => row.id)).toEqual(['c', 'a']);
  expect(runs.list({ keyPrefix: 'backup/ü💾/', limit: 2 }).map((row) => row.id)).toEqual(['c', 'b']);
  expect(runs.list({ state: [] })).toEqual([]);
});

test('pruning takes old ended runs and keeps the newest, and everything that has not ended', () => {
  const { runs } = place().open();
  for (const [id, endedAt] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['open', null],
  ] as const)
    runs.insert(run(id, { endedAt }));
  expect(runs.prune(100, 1)).toBe(2);
  expect(runs.list().map((row) => row.id)).toEqual(['open', 'c']);
});

test('rows belong to one plugin, hold JSON, and are listed by prefix', () => {
  const { rows } = place().open();
  const own = rows.of('vault');
  own.set('a/1', { deep: [1, null] });
  own.set('a/2', null);
  own.set('b', false);
  rows.set('other', 'a/1', 'theirs');
  expect(own.get('a/1')).toEqual({ deep: [1, null] });
  expect(own.get('absent')).toBeUndefined();
  expect(own.list('a/')).toEqual([
    { key: 'a/1', value: { deep: [1, null] } },
    { key: 'a/2', value: null },
  ]);
  own.delete('a/1');
  expect(rows.get('other', 'a/1')).toBe('theirs');
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  for (const bad of [undefined, () => 1, 1n, cycle]) {
    expect(() => own.set('bad', bad)).toThrow(expect.objectContaining({ code: 'ROW_NOT_JSON' }) as Error);
  }
});

test('texts that SQL could misread stay texts', () => {
  const { rows, meta, cursors } = place().open();
  const hostile = `'); DROP TABLE rows; --\u0000"\u{1F525}`;
  rows.set(hostile, hostile, hostile);
  expect(rows.list(hostile)).toEqual([{ key: hostile, value: hostile }]);
  meta.put('k', hostile);
  expect(meta.get('k')).toBe(hostile);
  cursors.put('c', 12);
  expect(cursors.get('c')).toBe(12);
  cursors.delete('c');
  expect(cursors.get('c')).toBeUndefined();
});
