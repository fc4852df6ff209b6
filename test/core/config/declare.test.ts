// From tree to declaration: values, order, hashes, derived resources, settings, profiles.
import { expect, test } from 'vitest';
import { declare, declareSettings } from '../../../core/config/declare.ts';
import type { Derived, Kind } from '../../../core/contract/kind.ts';
import type { Catalog } from '../../../core/model/declaration.ts';
import { s, Secret } from '../../../core/schema/schema.ts';
import { catalogOf } from './catalog.ts';
import { resource, testRealm } from './realm.ts';

test('resources stand in the order of the file, spelt as written, with common keys taken off', async () => {
  const declaration = await testRealm({
    'realm.config.yaml': [
      'plugins: [file]',
      'files:',
      '  10: { path: a, text: x, after: [file/007], labels: { team: a }, protect: true, enabled: false, was: nine }',
      '  007: { path: b, text: x }',
      '  2: { path: c, text: x }',
    ].join('\n'),
  }).valid();
  expect([...declaration.resources.keys()]).toEqual(['file/10', 'file/007', 'file/2']);
  const first = resource(declaration, 'file/10');
  expect(first).toMatchObject({
    after: [{ ref: 'file/007', until: 'Ready', onLoss: 'ignore' }],
    labels: { team: 'a' },
    protect: true,
    enabled: false,
    was: 'nine',
  });
  expect(Object.keys(first.spec)).not.toContain('after');
  expect(first.at).toMatchObject({ line: 3, column: 3, path: 'files.10' });
  expect(resource(declaration, 'file/2')).toMatchObject({ after: [], labels: {}, protect: false, enabled: true });
});

test('specs are frozen all the way down', async () => {
  const declaration = await testRealm({
    'realm.config.yaml':
      'plugins: [services]\nservices: { web: { command: [a], ready: { http: / }, env: { A: b } } }\n',
  }).valid();
  const { spec } = resource(declaration, 'service/web');
  expect([spec, spec['command'], spec['ready'], spec['env']].every(Object.isFrozen)).toBe(true);
});

test('the spec hash follows meaning, not writing', async () => {
  const hashOf = async (spec: string, env: Record<string, string> = {}): Promise<string> => {
    const realm = testRealm({ 'realm.config.yaml': `plugins: [services]\nservices:\n  web: ${spec}\n` });
    return resource(await realm.valid({ env }), 'service/web').specHash;
  };
  const one = await hashOf('{ command: [a], within: 60s, env: { A: x, B: y } }');
  expect(await hashOf('{ within: 1m, env: { B: y, A: x }, command: ["a"], labels: { l: l } }')).toBe(one);
  expect(await hashOf('{ command: [a], within: 1m, env: { A: "${env:X}", B: y } }', { X: 'x' })).toBe(one);
  expect(await hashOf('{ command: [a], within: 61s, env: { A: x, B: y } }')).not.toBe(one);
  expect(await hashOf('{ command: [a], within: 1m, env: { A: "${secret:x}", B: y } }')).not.toBe(one);
});

test('a resource stands for others: checked, owned, shown at its line', async () => {
  const declaration = await testRealm({
    'realm.config.yaml':
      'plugins: [agents, services]\nagents:\n  z: { home: z, command: [run], token: "${secret:t}", protect: true, host: h }\n',
  }).valid();
  const service = resource(declaration, 'service/agent-z');
  expect(service).toMatchObject({ owner: 'agent/z', protect: true, host: 'h', at: { line: 3, column: 3 } });
  expect(service.spec).toMatchObject({ command: ['run'], within: 30_000, env: { TOKEN: new Secret('t') } });
  expect([...declaration.resources.keys()]).toEqual(['agent/z', 'service/agent-z']);
});

test('chains of derived resources end, and a derive that throws is told', async () => {
  const kind = (name: string, derive: Kind['derive']): Kind => ({
    name,
    section: `${name}s`,
    spec: s.object({}),
    ...(derive && { derive }),
  });
  const catalog: Catalog = {
    settings: new Map(),
    kinds: new Map(
      [
        kind('loop', ({ name }): Derived[] => [{ ref: `loop/${name}x`, spec: {} }]),
        kind('throw', () => {
          throw new Error('boom');
        }),
        kind('odd', () => [{ ref: 'no ref at all' as Derived['ref'], spec: {} }]),
      ].map((one) => [one.section, { plugin: 'p', kind: one }]),
    ),
  };
  const realm = testRealm({ 'realm.config.yaml': 'loops: { a: }\nthrows: { b: }\nodds: { c: }\n' });
  const { diagnostics } = declare(await realm.source(), catalog);
  expect(diagnostics.map(({ code, message, at }) => [code, at.line, message])).toEqual([
    ['CONFIG_DERIVE', 1, 'resources stand for others more than 8 levels deep'],
    ['CONFIG_DERIVE', 2, 'saying what throw/b stands for failed: boom'],
    ['CONFIG_DERIVE', 3, 'odd/c stands for "no ref at all", which is no reference'],
  ]);
});

test('settings are decoded with their defaults, written or not, and before any kind is known', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [tavern-ws]\n' });
  expect((await realm.valid()).settings).toEqual(new Map([['tavern-ws', { port: 8888, auth: 'token' }]]));
  realm.write('realm.config.yaml', 'plugins: [tavern-ws, file]\ntavern: { auth: none }\nfiles: {}\n');
  const { settings, diagnostics } = declareSettings(await realm.source(), catalogOf(['tavern-ws']).settings);
  expect([settings.get('tavern-ws'), diagnostics]).toEqual([{ port: 8888, auth: 'none' }, []]);
});

test('the realm has a name, a zone and the rest without being written', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: []\n' });
  const { realm: settings } = await realm.valid();
  expect(settings).toEqual({
    name: realm.root.split('/').at(-1),
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    flavour: 'rpg',
    locked: [],
    log: { level: 'info', plugins: {} },
  });
  realm.write(
    'realm.config.yaml',
    'realm: { name: t, timezone: Asia/Tokyo, locked: [a.*.b], log: { plugins: { file: debug } } }\n',
  );
  expect((await realm.valid()).realm).toMatchObject({
    name: 't',
    timezone: 'Asia/Tokyo',
    log: { level: 'info', plugins: { file: 'debug' } },
  });
});

test('profiles: each is another declaration, and only what differs is another resource', async () => {
  const realm = testRealm({
    'realm.config.yaml': [
      'plugins: [file]',
      'files: { a: { path: a, text: x }, b: { path: b, text: x } }',
      'profiles:',
      '  bare: { files: { b: null } }',
      '  loud: { files: { a: { text: X } } }',
    ].join('\n'),
  });
  const [base, bare, loud] = [
    await realm.valid(),
    await realm.valid({ profile: 'bare' }),
    await realm.valid({ profile: 'loud' }),
  ];
  expect([...bare.resources.keys()]).toEqual(['file/a']);
  expect(resource(bare, 'file/a').specHash).toBe(resource(base, 'file/a').specHash);
  expect(resource(loud, 'file/a').spec['text']).toBe('X');
  expect(resource(loud, 'file/b').specHash).toBe(resource(base, 'file/b').specHash);
  expect(new Set([base.hash, bare.hash, loud.hash]).size).toBe(3);
});

test('a profile that is not in use is checked with its own plugins, and may lack its environment', async () => {
  const realm = testRealm({
    'realm.config.yaml': [
      'plugins: [file]',
      'files: { a: { path: a, text: x } }',
      'profiles:',
      '  more: { plugins: [file, services], services: { web: { command: ["${env:NOT_HERE}"] } } }',
      '  wrong: { files: { a: { mode: 7 } } }',
    ].join('\n'),
  });
  const { diagnostics } = await realm.declare();
  expect(
    diagnostics.map(({ code, at, message }) => [code, at.line, message.endsWith('(with the profile wrong)')]),
  ).toEqual([['CONFIG_TYPE', 5, true]]);
});

test('a broken file hides no mistake elsewhere, and makes no resource look missing', async () => {
  const realm = testRealm({
    'realm.config.yaml':
      'plugins: [file]\ninclude: [broken.yaml]\nfiles: { a: { path: a, text: 5, after: [file/b] } }\n',
    'broken.yaml': 'files: { b: [',
  });
  const { diagnostics } = await realm.declare();
  expect(diagnostics.map(({ code }) => code)).toEqual(['CONFIG_TYPE', 'CONFIG_SYNTAX']);
});

test('10,000 resources are declared, each with its own place', async () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, index) => `  f${index}: { path: out/${index}, text: t, mode: "0600" }\n`,
  );
  const declaration = await testRealm({ 'realm.config.yaml': `plugins: [file]\nfiles:\n${lines.join('')}` }).valid();
  expect(declaration.resources.size).toBe(10_000);
  expect(resource(declaration, 'file/f9999').at.line).toBe(10_002);
});
