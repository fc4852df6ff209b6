// Schemas for editors: they agree with the loader, and are current in the repository.
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { declare } from '../../../core/config/declare.ts';
import { builtInPlugins } from '../../../core/registry/find.ts';
import { loadPlugins } from '../../../core/registry/resolve.ts';
import { setUp } from '../../../core/registry/setup.ts';
import { checker, schemaId } from '../../../core/schema/check.ts';
import { ofPlugins } from '../../../core/schema/compiled/index.ts';
import { validators } from '../../../core/schema/compiled/realm.ts';
import { dropInSchema, realmSchema } from '../../../core/schema/json-schema.ts';
import { commonKeys, realmSection } from '../../../core/schema/reserved.ts';
import { catalogOf } from '../config/catalog.ts';
import { testRealm } from '../config/realm.ts';

const catalog = catalogOf(['file', 'hosts', 'services', 'backup', 'tavern-ws']);
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
const root = ajv.compile(realmSchema(catalog));
const web = (spec: object): object => ({ plugins: ['services'], services: { web: { command: ['a'], ...spec } } });

test.each<[string, object, boolean]>([
  ['a small realm', { version: 1, plugins: ['file', './mine.ts'], files: { a: { path: 'a', text: 'b' } } }, true],
  ['sections without content', { files: null, hosts: {} }, true],
  ['a reference where a number is wanted', web({ port: '${env:PORT}' }), true],
  ['a reference where a fixed form is wanted', web({ within: '${env:T:-30s}', restart: '${env:R}' }), true],
  ['a secret', { ...web({ env: { A: '${secret:a}' } }), secrets: { a: { env: 'A' } } }, true],
  [
    'common keys',
    web({ after: ['file/a'], host: 'h', protect: true, enabled: '${env:ON}', labels: { a: 'b' }, was: 'x' }),
    true,
  ],
  ['profiles', { profiles: { p: { services: { web: null } }, q: null } }, true],
  ['settings', { tavern: { port: 80 } }, true],
  ['an unknown section', { fils: {} }, false],
  ['an unknown key', web({ prot: 1 }), false],
  ['a wrong number', web({ port: 'eighty' }), false],
  ['a wrong form', web({ within: '30 sec' }), false],
  ['a wrong name', { files: { 'A b': { path: 'a', text: 'b' } } }, false],
  ['a newer version', { version: 2 }, false],
  ['include in a profile', { profiles: { p: { include: [] } } }, false],
])('%s', async (_name, config, isValid) => {
  expect(root(config), JSON.stringify(root.errors)).toBe(isValid);
  const realm = testRealm({ 'realm.config.yaml': JSON.stringify(config) });
  const env = { PORT: '80', R: 'never', ON: 'true' };
  const { diagnostics } = declare(await realm.source({ env }), catalog);
  const shapeErrors = diagnostics.filter(
    ({ code, severity }) => severity === 'error' && !/^CONFIG_(REF|HOST)_UNKNOWN$/.test(code),
  );
  expect(shapeErrors.length === 0, JSON.stringify(shapeErrors)).toBe(isValid);
});

test('a drop-in file has the schema of one resource', () => {
  const check = ajv.compile(dropInSchema(catalog, 'services')!);
  expect([check({ command: 'x', after: [] }), check({ services: {} }), check(null)]).toEqual([true, false, false]);
  expect(dropInSchema(catalog, 'nope')).toBeUndefined();
});

test('descriptions, defaults and examples are kept', () => {
  const text = JSON.stringify(realmSchema(catalog));
  for (const word of ['readable by its owner alone', '"default":"30s"', '"examples":["Europe/Berlin"]'])
    expect(text).toContain(word);
  expect(text).not.toContain('x-realm');
});

test('the kernel and each built-in plugin are checked by code that was compiled before', async () => {
  for (const { json } of [commonKeys, realmSection]) expect(Object.keys(validators)).toContain(schemaId(json));
  const wishes = builtInPlugins().map((name) => ({ name, at: { file: '', line: 1, column: 1, path: '' } }));
  const { plugins } = await loadPlugins(wishes, '.');
  const { kinds, settings } = setUp(plugins, () => ({})).catalog();
  const specs = [...kinds.values()].map(({ plugin, kind }) => ({ plugin, schema: kind.spec }));
  for (const { plugin, schema } of [...specs, ...settings.values()]) {
    const compiled = await ofPlugins.get(plugin)!();
    expect(Object.keys(compiled.validators)).toContain(schemaId(schema.json));
  }
});

test('compiled checks answer as ajv does', () => {
  const file = catalog.kinds.get('files')!.kind.spec;
  const fresh = { json: { ...file.json, $comment: 'not compiled before' } };
  const values = [
    {},
    { path: 'a', text: 'b' },
    { path: '', text: 5, mode: 644 },
    { path: 'a', text: 'b', x: 1 },
    null,
    [],
  ];
  for (const value of values) {
    const short = (found: ReturnType<ReturnType<typeof checker>>): unknown =>
      found.map(({ schemaPath, instancePath }) => [schemaPath, instancePath]);
    expect(short(checker(file)(value))).toEqual(short(checker(fresh)(value)));
  }
});
