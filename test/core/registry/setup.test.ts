// What setup collects, and how what it must not do is refused: in one sentence, with the plugin's name and place.
import { expect, test } from 'vitest';
import type { Action } from '../../../core/contract/action.ts';
import { definePlugin } from '../../../core/contract/plugin.ts';
import type { Setup } from '../../../core/contract/plugin.ts';
import { setUp } from '../../../core/registry/setup.ts';
import { describe } from '../../../core/registry/sections.ts';
import { s } from '../../../core/schema/schema.ts';
import { loaded, refusal } from './loaded.ts';

const nothing = () => undefined;
const note = { name: 'note', section: 'notes', spec: s.object({ text: s.string() }) };
const greet = {
  name: 'p.greet',
  summary: '',
  input: s.object({ who: s.string(), all: s.list(s.string()) }),
  effect: 'read',
  run: async () => 1,
} as const;
/** Sets up one plugin `p`; what it declares may be wrong, as from plain JavaScript. */
const declare = (setup: (realm: any) => unknown) =>
  // any: these declarations must not be guarded by types
  setUp(loaded({ name: 'p', setup: setup as (realm: Setup) => void }), nothing);

test('everything declared is found by name, with its plugin', () => {
  const everything = definePlugin({
    name: 'p',
    summary: 'All channels.',
    setup(realm) {
      realm.kind(note);
      realm.action(greet);
      realm.stream({ ...greet, name: 'p.tail', item: s.object({}), async *open() {} });
      realm.tap('review', async () => undefined, { stage: 3 });
      realm.on('resource.applied', () => {});
      realm.follow('mine', ['run.ended'], async () => {});
      realm.background('look', async () => {});
      (realm as unknown as { provide(name: string, api: unknown): void }).provide('clockwork', { tick: 1 });
    },
  });
  const registry = setUp(loaded(everything), nothing);
  expect(registry.kinds.get('notes')?.kind.name).toBe('note');
  expect(registry.kindsByName.get('note')?.plugin).toBe('p');
  expect(registry.catalog().kinds.get('notes')?.plugin).toBe('p');
  expect(registry.actions.get('p.greet')?.verb).toBe('p greet');
  expect(registry.streams.get('p.tail')?.plugin).toBe('p');
  expect(registry.taps.map(({ plugin, hook, options }) => [plugin, hook, options.stage])).toEqual([['p', 'review', 3]]);
  expect(registry.listeners.map(({ event }) => event)).toEqual(['resource.applied']);
  expect(registry.followers.map(({ cursor, events }) => [cursor, events])).toEqual([['mine', ['run.ended']]]);
  expect(registry.backgrounds.map(({ name }) => name)).toEqual(['look']);
  expect(registry.find('clockwork')).toEqual({ tick: 1 });
  expect(Object.isFrozen(registry) && Object.isFrozen(registry.taps) && Object.isFrozen(registry.plugins)).toBe(true);
});

test('settings sections are known without running setup, and reach setup decoded', () => {
  let seen: unknown;
  const settings = { section: 'tavern', schema: s.object({ port: s.integer() }) };
  const plugins = loaded({ name: 'tavern-ws', settings, setup: (_, given) => (seen = given) });
  expect([...describe(plugins)].map(([section, { plugin }]) => [section, plugin])).toEqual([['tavern', 'tavern-ws']]);
  expect(seen).toBeUndefined();
  setUp(plugins, ({ name }) => ({ port: 8888, name }));
  expect(seen).toEqual({ port: 8888, name: 'tavern-ws' });
});

test('an API is used by who needs its owner, found by everybody', () => {
  const lend = (realm: any) => realm.provide('hosts', { who: 1 }); // any: no such API is merged into the types here
  const registry = setUp(
    loaded({ name: 'hosts', setup: lend }, { name: 'a', needs: ['hosts'] }, { name: 'b' }),
    nothing,
  );
  expect(registry.use('a', 'hosts')).toEqual({ who: 1 });
  expect(registry.use('hosts', 'hosts')).toEqual({ who: 1 });
  expect(registry.find('gone')).toBeUndefined();
  const undeclared = refusal(() => registry.use('b', 'hosts'));
  expect([undeclared.code, undeclared.hint]).toEqual([
    'PLUGIN_API_UNDECLARED',
    "Write needs: ['hosts'], or take it with ctx.find('hosts').",
  ]);
  expect(refusal(() => registry.use('a', 'gone')).message).toBe(
    'The plugin "a" uses the API "gone", which no plugin in use lends.',
  );
});

type KindRule = readonly [wrong: object, code: string, words: string];
const kindRules: readonly KindRule[] = [
  [{ name: 'Note' }, 'KIND_INVALID', 'The kind "Note" of plugin "p" has a name that no ref could carry.'],
  [{ name: undefined }, 'KIND_INVALID', 'has a name that no ref could carry'],
  [{ section: 'my notes' }, 'KIND_INVALID', 'The plugin "p" claims the section "my notes".'],
  ...['version', 'realm', 'plugins', 'include', 'profiles', 'secrets', 'backplane'].map((section): KindRule => [
    { section },
    'SECTION_RESERVED',
    `claims the section "${section}", which is Realm's own.`,
  ]),
  [{ spec: undefined }, 'KIND_INVALID', 'has a "spec" that does not describe an object'],
  [{ spec: s.string() }, 'KIND_INVALID', 'has a "spec" that does not describe an object'],
  [{ spec: s.union(s.object({}), s.string()) }, 'KIND_INVALID', 'has a "spec" that does not describe an object'],
  [{ spec: s.object({ after: s.string() }) }, 'KIND_INVALID', 'has the key "after" in its spec'],
  [{ apply: async () => {} }, 'KIND_INVALID', 'has "apply" but no "observe"'],
  [{ next: () => 1 }, 'KIND_INVALID', 'has "next" but no "observe"'],
  [{ state: s.object({}) }, 'KIND_INVALID', 'has a "state" but no "observe"'],
  [{ observe: async () => null }, 'KIND_INVALID', 'has "observe" but no "state"'],
  [{ observe: 'yes', state: s.object({}) }, 'KIND_INVALID', 'has a "observe" that is not a function'],
  [{ identity: ['pth'] }, 'KIND_INVALID', 'names "pth" as identity, which is no key of its spec'],
  [{ removal: 'shred' }, 'KIND_INVALID', 'has the removal "shred"'],
  [{ removal: 'delete' }, 'KIND_INVALID', 'has removal: \'delete\' but no "remove"'],
  [{ replace: 'twice' }, 'KIND_INVALID', 'has the replace "twice"'],
  [{ resyncMs: -1 }, 'KIND_INVALID', 'has the resyncMs -1'],
  [{ observes: ['git'] }, 'KIND_INVALID', 'has "observes" but no "observe"'],
  [{ observes: 'git' }, 'KIND_INVALID', 'observes "git"'],
  [{ observes: ['git', '/bin/sh'] }, 'KIND_INVALID', 'observes "/bin/sh"'],
  [{ observes: ['git', ''] }, 'KIND_INVALID', 'observes ""'],
  [{ overrides: ['hold'] }, 'KIND_INVALID', 'asks for the override "hold"'],
];
for (const [wrong, code, words] of kindRules) {
  test(`a kind with ${JSON.stringify(wrong)} is refused: ${words}`, () => {
    const error = refusal(() => declare((realm) => realm.kind({ ...note, ...wrong })));
    expect([error.code, error.at?.line]).toEqual([code, 1]);
    expect(error.message).toContain(words);
    expect(error.hint).toBeTruthy();
  });
}

test('a choice of objects may be a spec, and identity may name a key of any branch', () => {
  const spec = s.union(s.object({ a: s.string() }), s.object({ b: s.string() }));
  expect(declare((realm) => realm.kind({ ...note, spec, identity: ['b'] })).kinds.size).toBe(1);
});

const actionRules: readonly [wrong: Partial<Record<keyof Action, unknown>>, words: string][] = [
  [{ name: 'greet' }, 'The action "greet" of plugin "p" has a name of another form.'],
  [{ name: 'q.greet' }, 'has a name of another form'],
  [{ name: 'p.' }, 'has a name of another form'],
  [{ cli: { verb: 'Plan it' } }, 'has the verb "Plan it"'],
  [{ cli: { verb: 'plan' } }, 'takes the verb "plan", and "plan" is a word of Realm itself'],
  [{ cli: { verb: 'state of things' } }, 'takes the verb "state of things", and "state" is a word of Realm itself'],
  [{ input: s.string() }, 'has an input that does not describe an object'],
  [{ effect: 'harm' }, 'has the effect "harm"'],
  [{ run: undefined }, 'has no "run"'],
  [{ cli: { positionals: ['whom'] } }, 'takes "whom" by position, which is no key of its input'],
  [{ input: s.object({ state: s.string() }) }, 'has the input "state", and --state is a flag of Realm itself'],
  [{ cli: { positionals: ['all', 'who'] } }, 'takes the list "all" before other positionals'],
];
for (const [wrong, words] of actionRules) {
  test(`an action with ${JSON.stringify(wrong)} is refused: ${words}`, () => {
    const error = refusal(() => declare((realm) => realm.action({ ...greet, ...wrong })));
    expect(error.code).toBe('ACTION_INVALID');
    expect(error.message).toContain(words);
  });
}

test('a kind, a section, an action, a verb, an API can be claimed once', () => {
  const twice = (first: (realm: any) => void, second = first) =>
    // any: as above
    refusal(() => setUp(loaded({ name: 'p', setup: first }, { name: 'q', setup: second }), nothing));
  const kind = (over: object) => (realm: Setup) => realm.kind({ ...note, ...over });
  expect(twice(kind({}), kind({ section: 'others' })).message).toBe('The kind "note" is declared by "p" and "q".');
  expect(twice(kind({}), kind({ name: 'other' })).message).toBe('The section "notes" is claimed by "p" and "q".');
  const verb = { cli: { verb: 'hello' } };
  const sameVerb = twice(
    (realm) => realm.action({ ...greet, ...verb }),
    (realm) => realm.action({ ...greet, name: 'q.other', ...verb }),
  );
  expect([sameVerb.code, sameVerb.message]).toEqual(['ACTION_DUPLICATE', 'The verb "hello" is taken by "p" and "q".']);
  expect(refusal(() => declare((realm) => (realm.action(greet), realm.action(greet)))).code).toBe('ACTION_DUPLICATE');
  expect(twice((realm) => realm.provide('x', 1)).code).toBe('API_DUPLICATE');
});

test('a settings section cannot also be a kind, nor belong to two plugins', () => {
  const settings = { section: 'notes', schema: s.object({}) };
  const kindToo = refusal(() => setUp(loaded({ name: 'p', settings, setup: (realm) => realm.kind(note) }), nothing));
  expect(kindToo.code).toBe('KIND_DUPLICATE');
  const two = refusal(() => describe(loaded({ name: 'p', settings }, { name: 'q', settings })));
  expect([two.code, two.message, two.at?.line]).toEqual([
    'KIND_DUPLICATE',
    'The plugins "p" and "q" both claim "notes".',
    2,
  ]);
});

test('an asynchronous setup is refused, and what it does later is nobody’s unhandled rejection', async () => {
  const error = refusal(() => declare(async () => Promise.reject(new Error('later'))));
  expect([error.code, error.message]).toEqual(['PLUGIN_SETUP_FAILED', 'The setup of plugin "p" returned a promise.']);
});

test('a setup that throws is named, with what it threw', () => {
  const error = refusal(() => declare(() => JSON.parse('{')));
  expect(error.code).toBe('PLUGIN_SETUP_FAILED');
  expect(error.message).toContain('The setup of plugin "p" threw: ');
  expect(error.cause).toBeInstanceOf(SyntaxError);
});

test('every plugin that is wrong is told, not only the first', () => {
  const broken = () => {
    throw new Error('x');
  };
  const error = refusal(() =>
    setUp(loaded({ name: 'a', setup: broken }, { name: 'b' }, { name: 'c', setup: broken }), nothing),
  );
  expect(error.diagnostics.map(({ at, code }) => [at.line, code])).toEqual([
    [1, 'PLUGIN_SETUP_FAILED'],
    [3, 'PLUGIN_SETUP_FAILED'],
  ]);
  expect(error.message).toContain('(and 1 more)');
});

test('nothing can be declared after setup', () => {
  let kept: Setup | undefined;
  const registry = declare((realm) => ((kept = realm), undefined));
  expect(refusal(() => kept?.kind(note)).message).toBe('The plugin "p" declared something after its setup had ended.');
  expect(registry.kinds.size).toBe(0);
});

const setupRules: readonly [what: string, declares: (realm: any) => void, words: string][] = [
  // any: as above
  ['an unknown hook', (realm) => realm.tap('reviw', async () => {}), 'taps "reviw"'],
  ['an inherited name as a hook', (realm) => realm.tap('toString', async () => {}), 'taps "toString"'],
  ['a tap without a function', (realm) => realm.tap('review'), "gives tap('review') no function"],
  ['a tap without time', (realm) => realm.tap('review', async () => {}, { timeoutMs: 0 }), 'with timeoutMs 0'],
  ['a tap at no stage', (realm) => realm.tap('review', async () => {}, { stage: Number.NaN }), 'at stage NaN'],
  ['a wrong onFailure', (realm) => realm.tap('review', async () => {}, { onFailure: 'x' }), 'with onFailure "x"'],
  ['a listener without a function', (realm) => realm.on('x'), "gives on('x') no function"],
  [
    'a cursor twice',
    (realm) => [1, 2].forEach(() => realm.follow('c', [], async () => {})),
    'declares the cursor "c" twice',
  ],
  [
    'a background twice',
    (realm) => [1, 2].forEach(() => realm.background('b', async () => {})),
    'declares the background "b" twice',
  ],
];
for (const [what, declares, words] of setupRules) {
  test(`${what} is refused: ${words}`, () => {
    const error = refusal(() => declare(declares));
    expect(error.code).toBe('PLUGIN_SETUP_FAILED');
    expect(error.message).toContain(words);
  });
}
