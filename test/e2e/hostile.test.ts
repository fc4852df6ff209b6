// Input that wants to hang or to mislead: pipes where files belong, plugins that print into an answer.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';

const SERVICE = `plugins: [services]
services:
  web: { command: [sleep, '100'], envFile: [web.env], env: { TOKEN: '\${secret:token}' } }
`;
const pipe = (dir: string, path: string): void => {
  mkdirSync(join(dir, path, '..'), { recursive: true });
  execFileSync('mkfifo', ['-m', '600', join(dir, path)]);
};

test('a pipe where a file of the config belongs is named, and nobody waits for its writer', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [file]\ninclude: [more.yaml]\n' });
  pipe(dir, 'configs/files/a.yaml');
  pipe(dir, 'more.yaml');
  const { code, stdout } = await realm(dir, ['validate']);
  expect([code, stdout]).toEqual([1, expect.stringContaining('a.yaml:1:1')]);
  expect(stdout).toContain('more.yaml: this is a pipe');
  expect(stdout.match(/this is a pipe, a socket or a device/gi)).toHaveLength(2);
});

test('a daemon lives on beside pipes for an envFile, for a secret, and among the config files', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': SERVICE, 'web.env': 'A=1\n' });
  pipe(dir, '.realm/secrets/token');
  expect(await realm(dir, ['up', '--yes'])).toMatchObject({ code: 0 });
  const why = async (): Promise<string> => (await realm(dir, ['why', 'service/web'])).stdout;
  await until(async () => (await why()).includes('secrets/token is no file'), HANGS_MS, 'the secret to be named');
  pipe(dir, 'configs/services/b.yaml');
  expect((await realm(dir, ['plan'])).stderr).toContain('b.yaml:1:1');
  expect(await realm(dir, ['down'])).toMatchObject({ code: 0 });
});

test('a pipe or a folder in the place of a declared file is named at once, and left alone', async () => {
  const files = '  a: { path: piped, text: x }\n  b: { path: folder, text: x }\n  c: { path: fine, text: x }\n';
  const dir = await tempRealm({ 'realm.config.yaml': `plugins: [file]\nfiles:\n${files}`, 'folder/.keep': '' });
  pipe(dir, 'piped');
  const { code, stdout } = await realm(dir, ['apply', '--yes']);
  expect([code, readFileSync(join(dir, 'fine'), 'utf8')]).toEqual([1, 'x']);
  expect(stdout).toContain('piped is no regular file but a pipe');
  expect(stdout).toContain('folder is no regular file but a folder');
  expect((await realm(dir, ['explain', 'FILE_NOT_REGULAR'])).stdout).toContain('Nothing was read from it');
  expect([lstatSync(join(dir, 'piped')).isFIFO(), existsSync(join(dir, 'folder/.keep'))]).toEqual([true, true]);
});

test('a pipe as envFile is named', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': SERVICE.replace(/, env: .*\}/, ' }') });
  pipe(dir, 'web.env');
  const { code, stdout } = await realm(dir, ['apply', '--yes']);
  expect([code, stdout]).toEqual([1, expect.stringContaining('web.env cannot be read (no file)')]);
});

const CHATTY = `import { definePlugin } from 'realm-runner/plugin';
console.log('I am here');
export default definePlugin({ name: 'chatty', summary: 'Talks.', setup() {
  console.info('so am I');
  process.stdout.write('and I\\n');
} });
`;

test('what a plugin prints is no part of an answer', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [./chatty.ts]\n', 'chatty.ts': CHATTY });
  const { code, stdout, stderr } = await realm(dir, ['status', '--json']);
  expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ version: 1 })]);
  expect(stderr).toBe('I am here\nso am I\nand I\n');
});
