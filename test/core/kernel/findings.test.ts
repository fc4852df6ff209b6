// Plugins that cannot be used hide nothing else that is wrong, and nothing is blamed that only they could know.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRealm } from '../../../core/kernel/load.ts';
import { testRealm } from './realm.ts';

/** Code and place of all that is found, in the order in which it is told. */
async function found(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { root } = testRealm(files);
  const options = { file: join(root, 'realm.config.yaml'), stateDir: join(root, '.realm'), env: {} };
  const error = await loadRealm(options).then(
    () => undefined,
    (thrown: { diagnostics: readonly { code: string; at: { file: string; line: number; path: string } }[] }) => thrown,
  );
  return (error?.diagnostics ?? []).map(({ code, at }) =>
    `${code} ${at.file.slice(root.length + 1)}:${at.line} ${at.path}`.trim(),
  );
}

const WRONG = `files:
  a: { path: a.txt, txt: x, after: [box/c, file/b] }
  b: { path: 7, text: y }
boxes: { c: { x: 1 } }
realm: { nme: x }
profiles: { small: { files: { b: { text: [] } } } }
`;
const TOLD = [
  'CONFIG_KEY_UNKNOWN realm.config.yaml:3 files.a.txt',
  'CONFIG_TYPE realm.config.yaml:4 files.b.path',
  'CONFIG_KEY_UNKNOWN realm.config.yaml:6 realm.nme',
  'CONFIG_TYPE realm.config.yaml:7 files.b.text',
];
const plugin = (setup: string, more = ''): string => `
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({ name: 'own', summary: 'x', ${more} setup(realm, settings) { ${setup} } });
`;
const KIND = "realm.kind({ name: 'box', section: 'boxes', spec: s.object({ x: s.string() }) });";

test.each<[string, string, Readonly<Record<string, string>>]>([
  ['is not there', 'PLUGIN_NOT_FOUND realm.config.yaml:1 plugins.1', {}],
  ['does not parse', 'PLUGIN_LOAD_FAILED realm.config.yaml:1 plugins.1', { 'own.ts': 'export default {' }],
  [
    'throws in its setup',
    'PLUGIN_SETUP_FAILED realm.config.yaml:1 plugins.1',
    { 'own.ts': plugin(`${KIND} throw 1;`) },
  ],
  [
    'gets settings that do not fit',
    'CONFIG_SETTINGS_MISSING realm.config.yaml:1 own',
    { 'own.ts': plugin(KIND, "settings: { section: 'own', schema: s.object({ port: s.integer() }) },") },
  ],
  [
    'claims what another one keeps',
    'KIND_DUPLICATE realm.config.yaml:1 plugins.1',
    { 'own.ts': plugin("realm.kind({ name: 'file', section: 'boxes', spec: s.object({}) });") },
  ],
  [
    'claims a section of Realm for its settings',
    'SECTION_RESERVED realm.config.yaml:1 plugins.1',
    { 'own.ts': plugin(KIND, "settings: { section: 'secrets', schema: s.object({}) },") },
  ],
])('a plugin that %s is told with everything else', async (_, code, files) => {
  const all = await found({ 'realm.config.yaml': `plugins: [file, ./own.ts]\n${WRONG}`, ...files });
  expect(all).toContain(code);
  expect(all.filter((one) => one !== code)).toEqual(TOLD);
});

test('a file that does not parse, and a plugin that is not there: both are told, drop-ins of any section too', async () => {
  expect(
    await found({
      'realm.config.yaml': 'plugins: [file, ./own.ts]\ninclude: [more.yaml]\n',
      'more.yaml': 'files: { a: { path: a, text: x }\n',
      'configs/boxes/b.yaml': 'x: [\n',
      'configs/files/c.yaml': 'path: c\n',
    }),
  ).toEqual([
    'PLUGIN_NOT_FOUND realm.config.yaml:1 plugins.1',
    'CONFIG_SYNTAX configs/boxes/b.yaml:1',
    'CONFIG_KEY_MISSING configs/files/c.yaml:1 files.c',
    'CONFIG_SYNTAX more.yaml:1',
  ]);
});

test('two plugins that cannot be used are both told, and a third that needs one of them is not blamed for more', async () => {
  const all = await found({
    'realm.config.yaml': 'plugins: [./a.ts, ./b.ts, ./own.ts]\nboxes: { c: { x: 1 } }\n',
    'b.ts': 'throw new Error("no");',
    'own.ts': plugin(KIND, "needs: ['a'],"),
  });
  expect(all).toEqual([
    'PLUGIN_NOT_FOUND realm.config.yaml:1 plugins.0',
    'PLUGIN_LOAD_FAILED realm.config.yaml:1 plugins.1',
    'CONFIG_TYPE realm.config.yaml:2 boxes.c.x',
  ]);
});
