// An edit that is not valid while a daemon watches: nobody who asks is answered by the older config as if that were the new one.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';

const config = (text: string): string => `plugins: [file]\nfiles:\n  a: { path: a.txt, text: ${text} }\n`;

test('plan, drift, apply and reload refuse with the place of every error; the last good config stays in force', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config('one') });
  const file = join(dir, 'realm.config.yaml');
  expect((await realm(dir, ['up', '--yes'])).code).toBe(0);
  await writeFile(file, config('[two'));
  const hasHeard = async (): Promise<boolean> =>
    (JSON.parse((await realm(dir, ['status', '--json'])).stdout) as { configError: string | null }).configError !==
    null;
  await until(hasHeard, HANGS_MS, 'the daemon to hear of the edit');
  for (const args of [['plan'], ['drift'], ['apply', '--yes'], ['reload']]) {
    const ended = await realm(dir, args);
    expect([args, ended.code, ended.stdout, ended.stderr]).toEqual([
      args,
      1,
      '',
      expect.stringContaining(' never closed'),
    ]);
    expect(ended.stderr).toContain('realm.config.yaml:3:');
  }
  expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('one');
});

test('a plan asked for in the same moment as an edit is made of the edit', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config('"0"') });
  expect((await realm(dir, ['up', '--yes'])).code).toBe(0);
  await until(async () => (await readFile(join(dir, 'a.txt'), 'utf8').catch(() => '')) === '0', HANGS_MS, 'a.txt');
  await writeFile(join(dir, 'realm.config.yaml'), config('two, mode: 7'));
  expect(await realm(dir, ['plan'])).toMatchObject({ code: 1, stdout: '' });
});

test('apply sees an edit that the daemon has not noticed yet', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config('"0"') });
  expect((await realm(dir, ['up', '--yes'])).code).toBe(0);
  for (const text of ['first', 'second']) {
    await writeFile(join(dir, 'realm.config.yaml'), config(text));
    expect((await realm(dir, ['apply', '--yes'])).code).toBe(0);
    expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe(text);
  }
});
