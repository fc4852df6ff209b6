// Reading a configuration with everything it draws in: includes, drop-in files, references, hashes, and files that are not files.
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSource } from '../../../core/config/source.ts';
import { toPlain } from '../../../core/config/tree.ts';
import { resource, testRealm } from './realm.ts';

const FILE = '{ path: x, text: y }';

test('includes, globs and drop-in files become one tree; folders in which a file would matter are known', async () => {
  const realm = testRealm({
    'realm.config.yaml': `include: [one.yaml, "more/*.yaml", "deep/**/*.yml"]\nplugins: [file]\nfiles: { root: ${FILE} }\n`,
    'one.yaml': `plugins: [services, file]\nfiles: { one: ${FILE} }\ninclude: [two.yaml]\n`,
    'two.yaml': `files: { two: ${FILE} }\n`,
    'more/b.yaml': `files: { b: ${FILE} }\n`,
    'more/a.yaml': `files: { a: ${FILE} }\ninclude: [two.yaml]\n`,
    'more/skipped.txt': 'not yaml: [',
    'deep/x/y/z.yml': `files: { z: ${FILE} }\n`,
    'configs/files/dropped.yaml': 'path: x\ntext: y\n',
    'configs/files/_template.yaml': '{{{',
    'configs/files/.swp.yaml': '{{{',
  });
  const source = await realm.source();
  expect(source.diagnostics).toEqual([]);
  expect(Object.keys((toPlain(source.tree) as { files: object }).files)).toEqual([
    'root',
    'one',
    'two',
    'a',
    'b',
    'z',
    'dropped',
  ]);
  expect(source.plugins.map(({ name }) => name)).toEqual(['file', 'services']);
  expect(source.files.map((file) => file.slice(realm.root.length + 1))).toEqual([
    'realm.config.yaml',
    'one.yaml',
    'two.yaml',
    'more/a.yaml',
    'more/b.yaml',
    'deep/x/y/z.yml',
    'configs/files/dropped.yaml',
  ]);
  const folders = source.folders.map((folder) => folder.slice(realm.root.length + 1));
  expect(folders).toEqual(
    expect.arrayContaining(['', 'more', 'deep', 'deep/x', 'deep/x/y', 'configs', 'configs/files']),
  );
});

test('references: environment, defaults, files, escapes, and a second reading as YAML where text does not fit', async () => {
  const realm = testRealm({
    'realm.config.yaml': [
      'plugins: [file, services]',
      'files:',
      '  a: { path: "out/${env:NAME}-${env:NONE:-x{y}}.txt", text: "${env:PORT}" }',
      '  b: { path: b, text: "${file:motd.txt}", protect: "${env:YES}" }',
      '  c: { path: c, text: "$${HOME} $$ $5 ${env:EMPTY:-fallback}${env:EMPTY}" }',
      'services:',
      '  web: { command: [serve, "${env:PORT}"], port: "${env:PORT}" }',
    ].join('\n'),
    'motd.txt': 'welcome\n\n',
  });
  const env = { NAME: 'n', PORT: '8080', YES: 'true', EMPTY: '' };
  const declaration = await realm.valid({ env });
  expect(resource(declaration, 'file/a').spec).toMatchObject({
    path: join(realm.root, 'out/n-x{y}.txt'),
    text: '8080',
  });
  expect(resource(declaration, 'file/b')).toMatchObject({ spec: { text: 'welcome\n' }, protect: true });
  expect(resource(declaration, 'file/c').spec['text']).toBe('${HOME} $$ $5 fallback');
  expect(resource(declaration, 'service/web').spec).toMatchObject({ command: ['serve', '8080'], port: 8080 });
  expect(declaration.files).toContain(join(realm.root, 'motd.txt'));
});

test('what a reference gives is not looked at again', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [file]\nfiles: { a: { path: a, text: "${env:A}" } }\n' });
  const declaration = await realm.valid({ env: { A: '${env:B} ${secret:x} {a: 1}' } });
  expect(resource(declaration, 'file/a').spec['text']).toBe('${env:B} ${secret:x} {a: 1}');
});

test('names from Object.prototype are no environment variables', async () => {
  const realm = testRealm({
    'realm.config.yaml': 'plugins: [file]\nfiles: { a: { path: a, text: "${env:constructor}" } }\n',
  });
  const { diagnostics } = await realm.declare();
  expect(diagnostics.map(({ code }) => code)).toEqual(['CONFIG_ENV_UNSET']);
});

test('the hash follows the content of every file and the profile', async () => {
  const realm = testRealm({
    'realm.config.yaml': 'plugins: [file]\ninclude: [a.yaml]\nprofiles: { p: {} }\n',
    'a.yaml': `files: { a: { path: a, text: "\${file:t}" } }\n`,
    t: 'one',
  });
  const hashes = [(await realm.source()).hash, (await realm.source({ profile: 'p' })).hash];
  expect((await realm.source()).hash).toBe(hashes[0]);
  realm.write('t', 'two');
  hashes.push((await realm.source()).hash);
  realm.write('a.yaml', `files: { a: ${FILE} } # changed\n`);
  hashes.push((await realm.source()).hash);
  expect(new Set(hashes).size).toBe(4);
});

test('a byte order mark and Windows line ends change nothing but the hash', async () => {
  const text = 'plugins: [file]\nfiles:\n  a:\n    path: a\n    text: |\n      one\n      two\n';
  const plain = await testRealm({ 'realm.config.yaml': text }).source();
  const windows = await testRealm({ 'realm.config.yaml': `\ufeff${text.replaceAll('\n', '\r\n')}` }).source();
  expect(windows.diagnostics).toEqual([]);
  expect(toPlain(windows.tree)).toEqual(toPlain(plain.tree));
});

test('a file that is missing, a folder, too large or a circle of links is told and nothing is thrown', async () => {
  const code = async (make: (root: string) => void): Promise<string[]> => {
    const realm = testRealm({});
    make(realm.root);
    return (await realm.source()).diagnostics.map(({ code: found, message }) => `${found}: ${message}`);
  };
  const config = 'realm.config.yaml';
  expect(await code(() => {})).toEqual(['CONFIG_UNREADABLE: the file does not exist']);
  expect(await code((root) => mkdirSync(join(root, config)))).toEqual([
    'CONFIG_UNREADABLE: this is a folder, and a file is needed',
  ]);
  expect(await code((root) => symlinkSync(config, join(root, config)))).toEqual([
    'CONFIG_UNREADABLE: the links of this path go in a circle',
  ]);
  const huge = testRealm({ [config]: Buffer.alloc(16 * 2 ** 20 + 1, '#') });
  expect((await huge.source()).diagnostics).toMatchObject([
    { code: 'CONFIG_TOO_LARGE', message: 'the file has 16.0 MiB; the limit is 16.0 MiB' },
  ]);
  const drawn = testRealm({ [config]: 'files: { a: { text: "${file:big}" } }\n', big: Buffer.alloc(2 ** 20 + 1, 'x') });
  expect((await drawn.source()).diagnostics).toMatchObject([{ code: 'CONFIG_FILE_REFERENCE' }]);
});

test('every prefix of a valid file, as a reader may catch it while it is written, is read without an exception', async () => {
  const text = `plugins: [file]\nfiles:\n  a: &a { path: "ä", text: "\${env:X:-1}" }\n  b:\n    <<: *a\n    text: |\n      line\n`;
  const bytes = Buffer.from(text);
  const realm = testRealm({});
  for (let length = 0; length < bytes.length; length++) {
    realm.write('realm.config.yaml', bytes.subarray(0, length));
    const source = await realm.source();
    for (const { at, message } of source.diagnostics) expect([at.line > 0, message !== '']).toEqual([true, true]);
  }
  realm.write('realm.config.yaml', '');
  expect((await realm.source()).diagnostics.map(({ code }) => code)).toEqual(['CONFIG_EMPTY']);
});

test('JSON files are read like any other, tabs too', async () => {
  const realm = testRealm({
    'realm.config.json': '{\n\t"plugins": ["file"],\n\t"files": { "a": { "path": "a", "text": "\\u00e4" } }\n}\n',
  });
  const source = await readSource({ file: join(realm.root, 'realm.config.json'), env: {} });
  expect(source.diagnostics).toEqual([]);
  expect(toPlain(source.tree)).toMatchObject({ files: { a: { text: 'ä' } } });
});
