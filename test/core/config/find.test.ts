// Finding the configuration upward, without running or loading anything.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findConfig } from '../../../core/config/find.ts';
import { testRealm } from './realm.ts';

test('the nearest one upward is found, in this order of names', async () => {
  const realm = testRealm({
    'realm.config.yaml': 'a: 1\n',
    'sub/realm.config.json': '{}',
    'sub/realm.config.yml': 'not: [closed',
    'sub/deep/er/file.txt': '',
  });
  const { root } = realm;
  expect(await findConfig(root)).toEqual({ file: join(root, 'realm.config.yaml'), root });
  expect(await findConfig(join(root, 'sub/deep/er'))).toEqual({
    file: join(root, 'sub/realm.config.yml'),
    root: join(root, 'sub'),
  });
});

test('an empty or broken file is found all the same, so that its own error can be told', async () => {
  const { root } = testRealm({ 'realm.config.yaml': '' });
  expect((await findConfig(root)).file).toBe(join(root, 'realm.config.yaml'));
});

test('code is not a configuration, and is never run', async () => {
  const { root } = testRealm({
    'realm.config.js': "require('fs').writeFileSync(__dirname + '/ran', '')",
    'realm.config.ts': 'throw 1',
    'package.json': '{ "realm": {} }',
    '.realmrc': 'a: 1',
  });
  await expect(findConfig(root)).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND', hint: 'realm init' });
  expect(existsSync(join(root, 'ran'))).toBe(false);
});

test('facilities: an example is not taken for the real one', async () => {
  const { root } = testRealm({ 'realm.config.example.yaml': 'a: 1\n', 'examples/realm.config.yaml': 'a: 1\n' });
  await expect(findConfig(root)).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
});

test('a file that was named is taken, relative to the current folder', async () => {
  const { root } = testRealm({ 'other/my.yaml': 'a: 1\n' });
  expect(await findConfig(root, 'other/my.yaml')).toEqual({
    file: join(root, 'other/my.yaml'),
    root: join(root, 'other'),
  });
  await expect(findConfig(root, 'nope.yaml')).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
  await expect(findConfig(root, 'other')).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
});

test('a folder with the name of a configuration is said to be one', async () => {
  const { root } = testRealm({});
  mkdirSync(join(root, 'realm.config.yaml'));
  await expect(findConfig(root)).rejects.toMatchObject({
    code: expect.stringMatching(/^CONFIG_(UNREADABLE|NOT_FOUND)$/),
  });
});
