// validate, config and plugin list on real configs, through the real launcher.
import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm } from '../../e2e/realm.ts';

const asJson = (text: string): any => JSON.parse(text); // any: the test says what it expects
const GOOD = 'plugins: [file]\nfiles:\n  motd: { path: ./motd, text: "hi" }\n';
const BAD = 'plugins: [file]\nfiles:\n  motd: { path: ./motd, txt: "hi" }\n  note: { path: ./note, text: 7 }\n';

test('validate shows every finding with its place, and leaves nothing behind', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': BAD });
  const ended = await realm(dir, ['validate']);
  expect(ended.code).toBe(1);
  expect(ended.stdout).toContain('  realm.config.yaml:3:25  files.motd.txt\n');
  expect(ended.stdout).toContain('    |                         ^^^\n');
  expect(ended.stdout).toMatch(/\n\d errors\. `realm explain CONFIG_/);
  const { version, diagnostics } = asJson((await realm(dir, ['validate', '--json'])).stdout);
  expect(version).toBe(1);
  expect(diagnostics.map(({ line }: { line: number }) => line)).toEqual(expect.arrayContaining([3, 4]));
  expect(Object.keys(diagnostics[0])).toEqual([
    'code',
    'severity',
    'message',
    'file',
    'line',
    'column',
    'path',
    'hint',
  ]);
  expect(await readdir(dir)).toEqual(['realm.config.yaml']);
});

test('a valid config is said to be valid, from a folder below it too', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': GOOD, 'sub/x': '' });
  const ended = await realm(dir, ['validate']);
  expect([ended.code, ended.stdout, ended.stderr]).toEqual([0, 'realm.config.yaml: valid, 1 resource.\n', '']);
  expect((await realm(dir, ['-C', 'sub', 'validate'])).code).toBe(0);
  expect(asJson((await realm(dir, ['validate', '--json'])).stdout)).toEqual({ version: 1, diagnostics: [] });
});

test('no config, or one that cannot be read, is an error with a hint', async () => {
  const dir = await tempRealm({ 'sub/x': '' });
  const none = await realm(dir, ['validate', '--config', 'none.yaml']);
  expect(none.code).toBe(1);
  expect(none.stderr).toMatch(/^error CONFIG_NOT_FOUND .+none\.yaml.+\n {2}hint: Check the name; .+\n$/);
  expect((await realm(dir, ['validate', '-C', 'nowhere'])).stderr).toContain(
    `The folder ${dir}/nowhere does not exist`,
  );
  await symlink('nowhere.yaml', join(dir, 'sub', 'realm.config.yaml'));
  expect((await realm(dir, ['validate', '-C', 'sub'])).stderr.replaceAll(/\s+/g, ' ')).toContain(
    'realm.config.yaml links to what does not exist',
  );
  const folder = await realm(dir, ['validate', '--config', 'sub', '--json']);
  expect(asJson(folder.stdout).error.code).toBe('CONFIG_UNREADABLE');
});

test('config shows what counts, and where it was written', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': GOOD });
  expect((await realm(dir, ['config'])).stdout).toContain('files:\n  motd:\n    path: ./motd\n    text: hi\n');
  const { origins } = asJson((await realm(dir, ['config', '--origin', '--json'])).stdout);
  expect(origins).toContainEqual(
    expect.objectContaining({ path: 'files.motd.text', value: 'hi', line: 3, column: 31 }),
  );
  const shown = await realm(dir, ['config', '--origin']);
  expect(shown.stdout).toMatch(/^files\.motd\.text +"hi" +realm\.config\.yaml:3:31$/m);
  expect((await realm(dir, ['config', '--origin', '--resolved'])).code).toBe(64);
});

test('plugin list says what each plugin owns', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': GOOD });
  const { plugins } = asJson((await realm(dir, ['plugin', 'list', '--json'])).stdout);
  expect(plugins).toEqual([
    { name: 'file', from: 'built-in', summary: expect.stringMatching(/\.$/), sections: ['files'] },
  ]);
  expect((await realm(dir, ['plugin', 'list'])).stdout).toMatch(
    /^PLUGIN +FROM +SECTIONS +SUMMARY\nfile +built-in +files /,
  );
});
