// Every example, and the repository's own realm: explained, valid, planned, and looking at them changes nothing.
import { cp, readdir, rm } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm } from './realm.ts';

const root = join(import.meta.dirname, '../..');
const examples = globSync('examples/*/realm.config.yaml', { cwd: root }).map((file) => dirname(file));

test('there are examples, each with a README', () => {
  expect(examples).not.toEqual([]);
  expect(
    globSync('examples/*/README.md', { cwd: root })
      .map((file) => dirname(file))
      .sort(),
  ).toEqual([...examples].sort());
});

test.each(examples)('%s is valid, and its plan is complete', async (example) => {
  const dir = await tempRealm({});
  await cp(join(root, example), dir, { recursive: true });
  await rm(join(dir, '.realm'), { recursive: true, force: true });
  const before = (await readdir(dir, { recursive: true })).sort();
  const validated = await realm(dir, ['validate', '--json']);
  expect(JSON.parse(validated.stdout)).toMatchObject({ diagnostics: [] });
  expect(validated.code).toBe(0);
  const planned = await realm(dir, ['plan']);
  expect(planned).toMatchObject({ code: 2, stderr: '' }); // 2: there is something to do, and every look succeeded
  expect((await readdir(dir, { recursive: true })).sort()).toEqual(before);
});
