// The default comparison, by the rules it is known by; each title that names a defect has a mutant that brings it back.
import { expect, test } from 'vitest';
import { defaultDiff, fieldsOf, reasonOf } from '../../../core/model/diff.ts';
import { s, Secret } from '../../../core/schema/schema.ts';

const env = s.map(s.textOrSecret());
const kind = {
  spec: s.object({
    path: s.path(),
    mode: s.mode().optional(),
    env: env.optional(),
    args: s.list(s.string()).optional(),
    ports: s.list(s.object({ from: s.integer(), to: s.integer().optional(), note: s.string().optional() })).optional(),
    ready: s.union(s.string(), s.object({ http: s.string(), every: s.duration().optional() })).optional(),
    hint: s.string().optional(),
    wait: s.durations().optional(),
  }),
  state: s.object({
    path: s.path(),
    mode: s.mode(),
    env,
    args: s.list(s.string()),
    ports: s.list(s.object({ from: s.integer(), to: s.integer() })),
    ready: s.union(s.string(), s.object({ http: s.string() })),
    pid: s.integer(),
    wait: s.durations(),
  }),
  identity: ['path'],
};
const diff = (spec: object, state: object | null, last?: object) =>
  defaultDiff(
    kind,
    { path: '/x', ...spec },
    state === null ? null : { path: '/x', ...state },
    last && { path: '/x', ...last },
  );

test('no state: one create of the whole', () => {
  expect(diff({ mode: 1 }, null)).toEqual([{ action: 'create', path: '', to: { path: '/x', mode: 1 } }]);
});

test('the order of keys in a map is no difference', () => {
  expect(diff({ env: { A: '1', B: '2' } }, { env: { B: '2', A: '1' } })).toEqual([]);
});

test('a range differs as one value, though inside it is two', () => {
  const [short, long] = [
    { fromMs: 1, toMs: 5 },
    { fromMs: 1, toMs: 9 },
  ];
  expect(diff({ wait: long }, { wait: { ...long } })).toEqual([]);
  expect(diff({ wait: long }, { wait: short })).toEqual([{ action: 'update', path: 'wait', from: short, to: long }]);
});

test('the order of a list is one, and it differs as a whole', () => {
  expect(diff({ args: ['a', 'b'] }, { args: ['b', 'a'] })).toEqual([
    { action: 'update', path: 'args', from: ['b', 'a'], to: ['a', 'b'] },
  ]);
});

test('a key missing in the state differs', () => {
  expect(diff({ mode: 0o644 }, {})).toEqual([{ action: 'update', path: 'mode', from: undefined, to: 0o644 }]);
  expect(diff({ env: { A: '1' } }, { env: {} })).toEqual([
    { action: 'update', path: 'env.A', from: undefined, to: '1' },
  ]);
});

test('a key dropped from the spec is taken back, if it was applied and is still there', () => {
  const back = [{ action: 'remove', path: 'mode', from: 0o600, to: undefined }];
  expect(diff({}, { mode: 0o600 }, { mode: 0o600 })).toEqual(back);
  expect(diff({}, { mode: 0o600 }, {})).toEqual([]);
  expect(diff({}, { mode: 0o600 })).toEqual([]);
  expect(diff({}, {}, { mode: 0o600 })).toEqual([]);
  expect(diff({ env: {} }, { env: { A: '1', HOME: '/' } }, { env: { A: '1' } })).toEqual([
    { action: 'remove', path: 'env.A', from: '1', to: undefined },
  ]);
});

test('keys that only one schema names are not compared', () => {
  expect(diff({ hint: 'x' }, { pid: 7 }, { hint: 'y' })).toEqual([]);
});

test('items of a list are compared by what both schemas name', () => {
  const item = { from: 1, note: 'only in the spec' };
  expect(diff({ ports: [item] }, { ports: [{ from: 1, to: 9 }] })).toEqual([]);
  expect(
    diff({ ports: [item] }, { ports: [{ from: 1, to: 9 }] }, { ports: [{ from: 2 }, { from: 1, to: 9 }] }),
  ).toEqual([{ action: 'update', path: 'ports', from: [{ from: 1, to: 9 }], to: [item] }]);
  expect(diff({ ports: [item] }, { ports: [item, item] }).length).toBe(1);
});

test('unions are compared by the keys of all branches', () => {
  expect(diff({ ready: { http: '/', every: 5 } }, { ready: { http: '/' } })).toEqual([]);
  expect(diff({ ready: { http: '/' } }, { ready: { http: '/up' } })).toEqual([
    { action: 'update', path: 'ready.http', from: '/up', to: '/' },
  ]);
  expect(diff({ ready: 'tcp' }, { ready: { http: '/' } }).map(({ path }) => path)).toEqual(['ready']);
});

test('keys that would be misread stand in quotes', () => {
  expect(diff({ env: { 'a.b': '1' } }, { env: {} })[0]!.path).toBe('env."a.b"');
});

test('another identity than the applied one is a replacement, reported once', () => {
  const replace = { action: 'replace', path: 'path', from: '/old', to: '/x' };
  expect(diff({}, null, { path: '/old' })).toEqual([replace]);
  expect(diff({ mode: 1 }, { mode: 2, path: '/old' }, { path: '/old' })).toEqual([
    replace,
    { action: 'update', path: 'mode', from: 2, to: 1 },
  ]);
  expect(diff({}, { path: '/old' })).toEqual([{ action: 'update', path: 'path', from: '/old', to: '/x' }]);
});

test('the text behind a secret is never shown, and a secret in place is no difference', () => {
  const token = new Secret('token');
  const state = { env: { KEY: 'hunter2' } };
  expect(diff({ env: { KEY: token } }, state, { env: { KEY: token } })).toEqual([]);
  expect(diff({ env: { KEY: new Secret('other') } }, state, { env: { KEY: token } })).toEqual([
    { action: 'update', path: 'env.KEY', from: token, to: new Secret('other') },
  ]);
  const all = [
    diff({ env: { KEY: token } }, state),
    diff({ env: { KEY: 'plain' } }, state, { env: { KEY: token } }),
    diff({ env: {} }, state, { env: { KEY: token } }),
    diff({ env: { KEY: token } }, {}),
  ];
  for (const changes of all) expect(changes.length).toBe(1);
  expect(JSON.stringify([all, all.map(fieldsOf)])).not.toContain('hunter2');
});

test('a kind without a state schema has nothing to compare', () => {
  expect(defaultDiff({ spec: kind.spec }, { path: '/x' }, {}, undefined)).toEqual([]);
});

test.each([
  ['never applied', { mode: 1 }, { mode: 2 }, undefined, 'config'],
  ['the config moved', { mode: 1 }, { mode: 2 }, { mode: 2 }, 'config'],
  ['the world moved', { mode: 1 }, { mode: 2 }, { mode: 1 }, 'drift'],
  ['both moved', { mode: 1 }, { mode: 2 }, { mode: 3 }, 'both'],
  ['newly named', { mode: 1 }, { mode: 2 }, {}, 'config'],
  ['dropped', {}, { mode: 2 }, { mode: 2 }, 'config'],
  ['dropped, and moved', {}, { mode: 2 }, { mode: 3 }, 'both'],
  ['gone', { mode: 1 }, null, { mode: 1 }, 'drift'],
  ['gone, and changed', { mode: 1 }, null, { mode: 2 }, 'both'],
  [
    'a list whose items the state shows in part',
    { ports: [] },
    { ports: [{ from: 1 }] },
    { ports: [{ from: 1, note: 'n' }] },
    'config',
  ],
  ['another identity', { path: '/y' }, null, { path: '/x' }, 'config'],
] as const)('reason: %s', (_, spec, state, last, reason) => {
  const [change, ...more] = diff(spec, state, last);
  expect(more).toEqual([]);
  const whole = (part: object | null | undefined) => part && { path: '/x', ...part };
  expect(reasonOf(change!, whole(spec), whole(state), whole(last))).toBe(reason);
});

test("reason: a kind's own word wins, and a path of its own is drift", () => {
  expect(reasonOf({ action: 'update', path: 'mode', reason: 'both' }, {}, {}, {})).toBe('both');
  expect(reasonOf({ action: 'update', path: 'lastGood', because: 'BackupDue' }, {}, { lastGood: 1 }, {})).toBe('drift');
});

test('fields: a whole resource by its keys, nothing as null', () => {
  expect(fieldsOf([{ action: 'create', path: '', to: { 'a.b': 1, c: undefined } }])).toEqual([
    { path: '"a.b"', from: null, to: 1 },
  ]);
  expect(fieldsOf([{ action: 'remove', path: 'mode', from: 1 }])).toEqual([{ path: 'mode', from: 1, to: null }]);
  expect(fieldsOf([{ action: 'update', path: '', because: 'Due' }])).toEqual([{ path: '', from: null, to: null }]);
});
