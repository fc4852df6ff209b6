// Codes that only bad surroundings bring about, each by the command that a person would type.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm } from './realm.ts';

const LONG = `// An action that takes long, and emits from its own process.
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'long',
  summary: 'Takes long.',
  setup(realm) {
    realm.action({
      name: 'long.emit',
      summary: 'Emits.',
      input: s.object({}),
      effect: 'write',
      long: true,
      run: async (_input, ctx) => ctx.emit('realm.stopped', { reason: 'no' }),
    });
  },
});
`;

test('a folder without a request is no run', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [file]\n' });
  const { code, stderr } = await realm(dir, ['run-action', join(dir, 'nowhere')]);
  expect([code, stderr]).toEqual([1, expect.stringContaining('RUN_FOLDER_UNREADABLE')]);
});

test('a long action cannot state facts from its own process, and the result says so', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [./long.ts]\n', 'long.ts': LONG });
  const run = join(dir, '.realm/run/1');
  await mkdir(run, { recursive: true });
  await writeFile(join(run, 'request.json'), JSON.stringify({ id: '1', key: 'k', action: 'long.emit', input: {} }));
  const { code } = await realm(dir, ['run-action', run]);
  expect(code).toBe(1);
  expect(await readFile(join(run, 'result.json'), 'utf8')).toContain('RUN_CANNOT_WRITE');
});

test('a plugin without a kind cannot be put through the suite', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: []\n', 'long.ts': LONG });
  const { code, stderr } = await realm(dir, ['plugin', 'test', './long.ts']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('PLUGIN_UNTESTABLE')]);
});

test('a new realm where a folder stands in place of a file is refused with the place', async () => {
  const dir = await tempRealm({});
  await mkdir(join(dir, '.gitignore'));
  const { code, stderr } = await realm(dir, ['init']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('SCAFFOLD_FAILED')]);
});

test('a daemon file that is only half there is told as damaged', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [file]\n' });
  const started = await realm(dir, ['up', '--yes']);
  expect(started.code).toBe(0);
  await writeFile(join(dir, '.realm/daemon.json'), '{"pid": 1');
  const { code, stderr } = await realm(dir, ['status']);
  expect([code, stderr]).toEqual([1, expect.stringContaining('FILE_DAMAGED')]);
});
