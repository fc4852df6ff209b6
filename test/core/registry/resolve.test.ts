// Finding and importing plugins: built in, by path, from node_modules; every way in which that goes wrong; reloading.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const LOADER = join(import.meta.dirname, 'load.fixture.ts');
const roots: string[] = [];
afterAll(() => roots.forEach((root) => rmSync(root, { recursive: true, force: true })));

function folder(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'realm-plugins-')));
  roots.push(root);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

interface Loaded {
  readonly plugins: { name: string; summary: string; from: string; folder: string; sameErrors: boolean }[];
  readonly diagnostics: { code: string; message: string; hint?: string; line: number }[];
}
const run = (root: string, ...steps: object[]): unknown[] =>
  JSON.parse(execFileSync(process.execPath, [LOADER, root, JSON.stringify(steps)], { encoding: 'utf8' })) as unknown[];
const load = (root: string, ...names: string[]): Loaded => run(root, { load: names })[0] as Loaded;

const plugin = (name: string, more = '') =>
  `import { definePlugin } from 'realm-runner/plugin';
   export default definePlugin({ name: '${name}', summary: 'A test.', ${more} setup() {} });`;
const manifest = (name: string, entry: string) =>
  JSON.stringify({ name, type: 'module', exports: { '.': { import: entry } } });

test('built-in, path and package are found, in this order of preference', () => {
  const root = folder({
    'hello.ts': plugin('hello'),
    'sub/deep/index.ts': plugin('deep'),
    'old.mjs': plugin('old'),
    'node_modules/realm-plugin-moon/package.json': manifest('realm-plugin-moon', './main.js'),
    'node_modules/realm-plugin-moon/main.js': plugin('moon'),
    'node_modules/@lab/tools/package.json': manifest('@lab/tools', './main.js'),
    'node_modules/@lab/tools/main.js': plugin('tools'),
    'node_modules/realm-plugin-file/package.json': manifest('realm-plugin-file', './main.js'),
    'node_modules/realm-plugin-file/main.js': 'throw new Error("the built-in one wins")',
  });
  const { plugins, diagnostics } = load(root, 'file', './hello.ts', './sub/deep', './old.mjs', 'moon', '@lab/tools');
  expect(diagnostics).toEqual([]);
  expect(plugins.map(({ name, from }) => [name, from])).toEqual([
    ['file', 'built-in'],
    ['hello', 'file'],
    ['deep', 'file'],
    ['old', 'file'],
    ['moon', 'package'],
    ['tools', 'package'],
  ]);
  expect(plugins[1]?.folder).toBe(root);
  expect(plugins[2]?.folder).toBe(join(root, 'sub/deep'));
});

test('the contract is this very instance, from any folder and past another copy of it', () => {
  const root = folder({
    'p.ts': `import { RealmError } from 'realm-runner/plugin';
             export default { name: 'p', summary: '', errors: RealmError, setup() {} };`,
    'node_modules/realm-runner/package.json': JSON.stringify({
      name: 'realm-runner',
      type: 'module',
      exports: { './plugin': './p.js' },
    }),
    'node_modules/realm-runner/p.js': 'export class RealmError {}',
  });
  expect(load(root, './p.ts').plugins[0]?.sameErrors).toBe(true);
});

test('a TypeScript plugin is an ES module, also beside a package.json that does not say so', () => {
  const root = folder({
    'package.json': '{}',
    'p.ts': `import { word } from './help.ts'; export default { name: 'p', summary: word, setup() {} };`,
    'help.ts': "export const word: string = 'x';",
  });
  const { stderr } = spawnSync(process.execPath, [LOADER, root, JSON.stringify([{ load: ['./p.ts'] }])]);
  expect(stderr.toString()).toBe(''); // Node warns where it has to guess
});

test('plugins come in the order of their needs', () => {
  const root = folder({ 'a.ts': plugin('a', "needs: ['b'],"), 'b.ts': plugin('b') });
  expect(load(root, './a.ts', './b.ts').plugins.map(({ name }) => name)).toEqual(['b', 'a']);
});

const bad: readonly [what: string, file: string, text: string, code: string, words: RegExp, hint: RegExp][] = [
  [
    'a TypeScript enum',
    'p.ts',
    'enum A { b }\nexport default A',
    'PLUGIN_LOAD_FAILED',
    /enum is not supported.*p\.ts:1/,
    /union of words/,
  ],
  ['a TypeScript syntax error', 'p.ts', 'const a = 1;\nconst x: = 3', 'PLUGIN_LOAD_FAILED', /p\.ts:2/, /only declares/],
  [
    'a JavaScript syntax error',
    'p.js',
    'const a = 1;\nconst x = = 3',
    'PLUGIN_LOAD_FAILED',
    /Unexpected token '='.*p\.js:2/,
    /only declares/,
  ],
  [
    'a throw while importing',
    'p.ts',
    'throw new Error("boom")',
    'PLUGIN_LOAD_FAILED',
    /boom/,
    /must not fail when imported/,
  ],
  ['a missing helper', 'p.ts', "import './help'", 'PLUGIN_LOAD_FAILED', /Cannot find module/, /carry their ending/],
  [
    'a missing package',
    'p.ts',
    "import 'nowhere'",
    'PLUGIN_LOAD_FAILED',
    /Cannot find package 'nowhere'/,
    /are installed in/,
  ],
  [
    'no default export',
    'p.ts',
    'export const a = 1',
    'PLUGIN_INVALID',
    /has no default export/,
    /export default definePlugin/,
  ],
  [
    'another default export',
    'p.ts',
    'export default 7',
    'PLUGIN_INVALID',
    /something else than a plugin/,
    /definePlugin/,
  ],
  [
    'null as default export',
    'p.ts',
    'export default null',
    'PLUGIN_INVALID',
    /something else than a plugin/,
    /definePlugin/,
  ],
  [
    'an export that throws when looked at',
    'p.ts',
    'export default { get name() { throw new Error("ha") } }',
    'PLUGIN_INVALID',
    /looked at: ha/,
    /definePlugin/,
  ],
  ['a name in upper case', 'p.ts', 'export default { name: "Pie" }', 'PLUGIN_INVALID', /is called "Pie"/, /lower case/],
  [
    'no summary',
    'p.ts',
    'export default { name: "p", setup() {} }',
    'PLUGIN_INVALID',
    /has no summary/,
    /one sentence/,
  ],
  ['no setup', 'p.ts', 'export default { name: "p", summary: "" }', 'PLUGIN_INVALID', /has no setup/, /definePlugin/],
  [
    'needs that are text',
    'p.ts',
    'export default { name: "p", summary: "", needs: "x", setup() {} }',
    'PLUGIN_INVALID',
    /needs that are not a list/,
    /needs: \[/,
  ],
  [
    'settings without a schema',
    'p.ts',
    'export default { name: "p", summary: "", settings: { section: "x" }, setup() {} }',
    'PLUGIN_INVALID',
    /settings without/,
    /schema: s\.object/,
  ],
];
test('every bad module is refused at its line in the config, with what to do about it', () => {
  const files = Object.fromEntries(bad.map(([, file, text], index) => [`${index}/${file}`, text]));
  const root = folder(files);
  const names = bad.map(([, file], index) => `./${index}/${file}`);
  const { plugins, diagnostics } = load(root, ...names);
  expect(plugins).toEqual([]);
  for (const [index, [what, , , code, words, hint]] of bad.entries()) {
    const found = diagnostics[index];
    expect({ what, code: found?.code, line: found?.line }).toEqual({ what, code, line: index + 1 });
    expect(`${what}: ${found?.message}`).toMatch(words);
    expect(`${what}: ${found?.hint}`).toMatch(hint);
  }
});

test('a module that never ends is given up after its time', () => {
  const root = folder({ 'p.ts': 'await new Promise(() => {})' });
  const { plugins, diagnostics } = run(root, { load: ['./p.ts'], timeoutMs: 300 })[0] as Loaded;
  expect(plugins).toEqual([]);
  expect(diagnostics).toMatchObject([
    {
      code: 'PLUGIN_LOAD_FAILED',
      line: 1,
      message: expect.stringContaining('did not answer within 300 ms'),
      hint: expect.stringContaining('must end'),
    },
  ]);
});

test('TypeScript under node_modules and a package of another name are refused with the way out', () => {
  const root = folder({
    'node_modules/realm-plugin-a/package.json': manifest('realm-plugin-a', './main.ts'),
    'node_modules/realm-plugin-a/main.ts': plugin('a'),
    'node_modules/realm-plugin-b/package.json': manifest('realm-plugin-b', './main.js'),
    'node_modules/realm-plugin-b/main.js': plugin('bee'),
  });
  const [types, renamed] = load(root, 'a', 'b').diagnostics;
  expect([types?.code, types?.hint]).toEqual([
    'PLUGIN_LOAD_FAILED',
    'Node runs no TypeScript from node_modules: publish JavaScript, or name the plugin by its path.',
  ]);
  expect([renamed?.code, renamed?.message]).toEqual(['PLUGIN_INVALID', 'The plugin b calls itself "bee".']);
});

const missing: readonly [name: string, hint: RegExp][] = [
  ['fil', /Did you mean file\?/],
  ['hello', /Did you mean \.\/hello\.ts\?/],
  ['./hello', /Did you mean \.\/hello\.ts\?/],
  ['./nowhere.ts', /relative to/],
  ['./empty', /relative to/],
  ['zzzzzz', /Built in are: .*file/],
  ['../../etc/passwd', /Name a module/],
  ['node:fs', /Built in are/],
  ['data:text/javascript,export default 1', /Built in are/],
  ['https://example.org/x.js', /Built in are/],
  ['a/../../b', /Built in are/],
  ['', /Built in are/],
];
test('what is not there is said with the nearest thing that is; nothing but a plugin can be named', () => {
  const root = folder({ 'hello.ts': plugin('hello'), 'empty/readme.md': '', 'notes.txt': 'x' });
  const { diagnostics } = load(root, ...missing.map(([name]) => name), './notes.txt');
  expect(diagnostics.map(({ code }) => code)).toEqual([...missing, 0].map(() => 'PLUGIN_NOT_FOUND'));
  for (const [index, [name, hint]] of missing.entries()) expect(`${name}: ${diagnostics[index]?.hint}`).toMatch(hint);
  expect(diagnostics.at(-1)?.message).toContain('does not end in .ts or .js');
});

test('a reload reads the plugin and its helpers again, and leaves everything else alone', () => {
  const helper = (word: string) => `export const word = '${word}';`;
  const main = `import { RealmError } from 'realm-runner/plugin';
    import { word } from './parts/word.ts';
    import { count } from '../shared.ts';
    export default { name: 'p', summary: word + count, errors: RealmError, setup() {} };`;
  const shared = 'globalThis.count = (globalThis.count ?? 0) + 1; export const count = globalThis.count;';
  const root = folder({ 'p/index.ts': main, 'p/parts/word.ts': helper('one'), 'shared.ts': shared });
  const own = join(root, 'p');
  const answers = run(
    root,
    { load: ['./p'] },
    { write: [join(own, 'parts/word.ts'), helper('two')] },
    { load: ['./p'] },
    { reload: own },
    { load: ['./p'] },
    { write: [join(own, 'parts/word.ts'), 'export const = broken'] },
    { reload: own },
    { load: ['./p'] },
    { write: [join(own, 'parts/word.ts'), helper('three')] },
    { reload: own },
    { load: ['./p'] },
  );
  const loads = answers.filter((answer): answer is Loaded => typeof answer === 'object');
  const [first, unread, second, broken, third] = loads;
  expect([first, unread, second, third].map((one) => one?.plugins[0]?.summary)).toEqual([
    'one1',
    'one1',
    'two1',
    'three1',
  ]);
  expect(broken?.diagnostics[0]?.message).toMatch(/word\.ts:1/);
  expect(second?.plugins[0]?.sameErrors).toBe(true);
});

test('a plugin that lies beside Realm itself reloads without loading Realm twice', () => {
  const root = join(import.meta.dirname, '../../..');
  const answers = run(root, { load: ['file'] }, { reload: join(root, 'plugins/file') }, { load: ['file'] });
  expect((answers[2] as Loaded).plugins[0]?.name).toBe('file');
});
