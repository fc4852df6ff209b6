// Each committed break still fits the code it breaks, and names a test that exists.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMutant } from '../../tools/mutants/patch.ts';
import { root } from './tree.ts';

const patches = globSync('test/mutants/*.patch', { cwd: root }).sort();

test('there are mutants', () => {
  expect(patches).not.toEqual([]);
});

test.each(patches)('%s applies, and its test exists', (file) => {
  const { red, why } = readMutant(file, root);
  expect(existsSync(join(root, red)), `${red} exists`).toBe(true);
  expect(why).toMatch(/\w+ \w+ \w+/);
  const { status, stderr } = spawnSync('git', ['apply', '--check', file], { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
