// What init and plugin new write works as it stands: the real compiler, the real suite, the real loader.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { newPlugin, useOf } from '../../../core/scaffold/plugin.ts';
import { newRealm } from '../../../core/scaffold/realm.ts';
import { writeNew } from '../../../core/scaffold/write.ts';
import { refusal } from '../registry/loaded.ts';

vi.setConfig({ testTimeout: 120_000 }); // compilers and suites as programs, each slow on a busy machine

const LOADER = join(import.meta.dirname, '../registry/load.fixture.ts');
const TRY = join(import.meta.dirname, 'try.fixture.ts');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const roots: string[] = [];
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true, force: true })));

function folder(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'realm-scaffold-')));
  roots.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}
const compile = (root: string) => spawnSync(process.execPath, [TSC, '-p', root], { encoding: 'utf8' });
const tried = (root: string, plugin: string) => {
  const { stdout, stderr } = spawnSync(process.execPath, [TRY, root, plugin], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as { passed: boolean; tests: string; output: string; code?: string; message?: string };
};

test('a new plugin is under 25 lines, type-checks, loads, and passes the suite beside it', () => {
  const root = folder();
  writeNew(root, newPlugin('shelf', root));
  const text = readFileSync(join(root, 'plugins/shelf/index.ts'), 'utf8');
  expect(text.split('\n').length).toBeLessThan(26); // 25 lines and the end of the last
  expect(compile(root).stdout).toBe('');
  const loaded = execFileSync(process.execPath, [LOADER, root, JSON.stringify([{ load: ['./plugins/shelf'] }])]);
  expect(JSON.parse(loaded.toString())[0].plugins[0].name).toBe('shelf');
  const { passed, tests, output } = tried(root, 'plugins/shelf');
  expect(output).toMatch(/apply converges/);
  expect({ passed, tests }).toEqual({ passed: true, tests: 'own' });
  expect(useOf('shelf')).toContain('plugins: [./plugins/shelf]');
});

test('the types of the contract are real there: a slip in the plugin is an error at its line', () => {
  const root = folder();
  writeNew(root, newPlugin('shelf', root));
  const file = join(root, 'plugins/shelf/index.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace("identity: ['path']", "identity: ['pth']"));
  const { stdout, status } = compile(root);
  expect(status).not.toBe(0);
  expect(stdout).toMatch(/plugins\/shelf\/index\.ts\(\d+,\d+\): error TS2820: .*"pth"/);
});

test('names that no plugin can have are refused with one that it can', () => {
  const cases = [
    ['File', '"File" is no name for a plugin.'],
    ['../x', '"../x" is no name for a plugin.'],
    ['', '"" is no name for a plugin.'],
    ['file', '"file" is taken by Realm itself.'],
    ['secret', '"secret" is taken by Realm itself.'],
  ] as const;
  for (const [name, message] of cases) {
    const error = refusal(() => newPlugin(name, '/x'));
    expect([error.code, error.message, typeof error.hint]).toEqual(['USAGE', message, 'string']);
  }
});

test('a second plugin keeps the tsconfig of the first, and the same name again is refused', () => {
  const root = folder();
  writeNew(root, newPlugin('one', root));
  expect(writeNew(root, newPlugin('two', root)).kept).toEqual(['tsconfig.json']);
  expect(refusal(() => writeNew(root, newPlugin('one', root))).code).toBe('SCAFFOLD_EXISTS');
});

test('a new realm has a config, ignores its state, and its name fits YAML whatever the folder is called', () => {
  const parent = folder();
  const names = [
    ['Mein Labor: #1', 'mein-labor-1'],
    ['42', 'my-realm'],
    ['a"b', 'a-b'],
  ] as const;
  for (const [called, name] of names) {
    const root = join(parent, called);
    writeNew(root, newRealm({ root, vscode: true }));
    expect(readFileSync(join(root, 'realm.config.yaml'), 'utf8')).toContain(`realm: { name: ${name} }\n`);
    expect(readFileSync(join(root, '.gitignore'), 'utf8')).toContain('.realm/\n');
    const settings = JSON.parse(readFileSync(join(root, '.vscode/settings.json'), 'utf8')) as Record<string, object>;
    expect(Object.keys(settings['yaml.schemas']!)).toContain('.realm/schema/realm.json');
  }
  const first = newRealm({ root: parent }).map(({ path }) => path);
  expect(first).not.toContain('.vscode/settings.json');
});

const kindOf = (over: string): string => `
  import { mkdir, rmdir, stat, writeFile } from 'node:fs/promises';
  import { absent, definePlugin, s } from 'realm-runner/plugin';
  export default definePlugin({ name: 'p', summary: '', setup(realm) {
    realm.kind({
      name: 'shelf', section: 'shelves',
      spec: s.object({ path: s.path(), colour: s.oneOf('red', 'blue').default('red') }),
      state: s.object({}), identity: ['path'],
      observe: ({ spec }) => stat(spec.path).then(() => ({}), absent('ENOENT')),
      apply: async ({ spec }) => void (await mkdir(spec.path, { recursive: true })),
      remove: async ({ spec }) => void (await rmdir(spec.path).catch(absent('ENOENT'))),
      ${over}
    });
  } });`;

test('a stranger’s plugin without a test is tried with made-up specs; a lie in it is found', () => {
  const root = folder({
    'honest.ts': kindOf(''),
    'liar.ts': kindOf('remove: async () => {},'),
    'peeper.ts': kindOf(`observe: async ({ spec }) => {
      await writeFile('/dev/null', 'noted');
      return stat(spec.path).then(() => ({}), absent('ENOENT'));
    },`),
  });
  expect(tried(root, 'honest.ts')).toMatchObject({ passed: true, tests: 'made-up' });
  const liar = tried(root, './liar.ts');
  expect(liar.passed).toBe(false);
  expect(liar.output).toMatch(/after remove, observe still answers/);
  expect(tried(root, './peeper.ts').output).toMatch(/restricted/);
});

test('what cannot be tried says why', () => {
  const root = folder({
    'pattern.ts': kindOf("spec: s.object({ path: s.path(), id: s.string({ pattern: '^[A-Z]{3}-\\\\d+$' }) }),"),
    'silent.ts': "export default { name: 'p', summary: '', setup() {} };",
  });
  expect(tried(root, './pattern.ts')).toMatchObject({
    code: 'PLUGIN_UNTESTABLE',
    message: 'No spec of the kind "shelf" can be made up from its schema.',
  });
  expect(tried(root, './silent.ts').message).toBe('The plugin "p" declares no kind.');
  expect(tried(root, './gone.ts').code).toBe('PLUGIN_NOT_FOUND');
});
