// init, schema, migrate, plugin new and plugin test in real folders, through the real launcher.
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm } from '../../e2e/realm.ts';

const asJson = (text: string): any => JSON.parse(text); // any: the test says what it expects
const GOOD = 'plugins: [file]\nfiles:\n  motd: { path: ./motd, text: "hi" }\n';

test('init writes a realm that is valid, and never over one that is there', async () => {
  const dir = await tempRealm({});
  const first = await realm(dir, ['init', '--vscode']);
  expect([first.code, first.stderr]).toEqual([0, '']);
  expect(first.stdout).toContain('wrote realm.config.yaml\n');
  expect(first.stdout).toContain('\nNext:\n  realm plan ');
  expect(await readdir(join(dir, '.realm/schema'))).toContain('realm.json');
  expect((await lstat(join(dir, '.realm'))).mode & 0o777).toBe(0o700);
  expect((await realm(dir, ['validate'])).code).toBe(0);
  const before = await readFile(join(dir, 'realm.config.yaml'), 'utf8');
  const second = await realm(dir, ['init']);
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('SCAFFOLD_EXISTS')]);
  expect(await readFile(join(dir, 'realm.config.yaml'), 'utf8')).toBe(before);
});

test('schema is printed, or written beside the state', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': GOOD });
  expect(asJson((await realm(dir, ['schema'])).stdout).properties).toHaveProperty('files');
  expect(asJson((await realm(dir, ['schema', 'files'])).stdout).properties).toHaveProperty('path');
  expect(await readdir(dir)).toEqual(['realm.config.yaml']);
  const wrong = await realm(dir, ['schema', 'fils']);
  expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('Did you mean `files`?')]);
  expect((await realm(dir, ['schema', '--write'])).stdout).toBe(
    'wrote .realm/schema/realm.json\nwrote .realm/schema/files.json\n',
  );
  expect((await lstat(join(dir, '.realm'))).mode & 0o777).toBe(0o700);
});

const OLD =
  '# mine\nversion: 0\nplugins: [file]\nfiles:\n  - { name: motd, path: ./motd, text: hi, mode: 0644 } # kept\n';

test('migrate says what it would do, and does it with --write, through a link, with comments', async () => {
  const dir = await tempRealm({ 'real.yaml': OLD });
  await symlink('real.yaml', join(dir, 'realm.config.yaml'));
  const looked = await realm(dir, ['migrate']);
  expect([looked.code, looked.stdout]).toEqual([0, expect.stringMatching(/\n`realm migrate --write` does it\.\n$/)]);
  expect(await readFile(join(dir, 'real.yaml'), 'utf8')).toBe(OLD);
  const { changes, written } = asJson((await realm(dir, ['migrate', '--write', '--json'])).stdout);
  expect(written).toBe(true);
  expect(changes.length).toBeGreaterThan(1);
  const text = await readFile(join(dir, 'real.yaml'), 'utf8');
  expect(text).toContain('# mine');
  expect(text).toContain('mode: "0644"');
  expect((await lstat(join(dir, 'realm.config.yaml'))).isSymbolicLink()).toBe(true);
  expect((await realm(dir, ['migrate'])).stdout).toContain('has the format of this Realm already.');
  expect((await realm(dir, ['validate'])).code).toBe(0);
});

test('migrate never rewrites bytes that it cannot read', async () => {
  const dir = await tempRealm({});
  const bytes = Buffer.from([0x76, 0x3a, 0x20, 0xff, 0x0a]);
  await writeFile(join(dir, 'realm.config.yaml'), bytes);
  const ended = await realm(dir, ['migrate', '--write']);
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining('CONFIG_ENCODING')]);
  expect(await readFile(join(dir, 'realm.config.yaml'))).toEqual(bytes);
});

test('plugin new goes beside the config, and plugin test tries it', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': GOOD, 'sub/x': '' });
  const made = await realm(dir, ['-C', 'sub', 'plugin', 'new', 'shelf']);
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('  plugins: [./plugins/shelf]\n')]);
  expect(await readdir(join(dir, 'plugins/shelf'))).toEqual(['index.test.ts', 'index.ts']);
  const tried = await realm(dir, ['plugin', 'test', 'plugins/shelf', '--json']);
  expect(asJson(tried.stdout)).toMatchObject({ version: 1, passed: true, tests: 'own' });
  expect((await realm(dir, ['plugin', 'new', 'file'])).code).toBe(64);
  expect((await realm(dir, ['plugin', 'nwe'])).stderr).toContain('Did you mean `plugin new`?');
});
