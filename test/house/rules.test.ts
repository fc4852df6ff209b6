// The rules of the house: the tree keeps each of them, and each of them can see.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, readTree } from './tree.ts';
import type { Rule } from './tree.ts';

const rules = await Promise.all(
  globSync('*.ts', { cwd: join(import.meta.dirname, 'rules') })
    .sort()
    .map(async (file) => ((await import(/* @vite-ignore */ `./rules/${file}`)) as { rule: Rule }).rule),
);
const tree = readTree();

test.each(rules)('$name: the tree keeps it, because $why', ({ check }) => {
  expect([...check(tree)]).toEqual([]);
});

test.each(rules.flatMap(({ name, check, bad }) => bad.map(([path, text]) => ({ name, check, path, text }))))(
  '$name sees a planted $path: $text',
  ({ check, path, text }) => {
    expect([...check([parse(path, text)])]).not.toEqual([]);
  },
);

test.each(rules.flatMap(({ name, check, good }) => good.map(([path, text]) => ({ name, check, path, text }))))(
  '$name lets pass $path: $text',
  ({ check, path, text }) => {
    expect([...check([parse(path, text)])]).toEqual([]);
  },
);

test('the tree was read: a rule over no files keeps itself', () => {
  expect(tree.length).toBeGreaterThan(30);
  expect(rules.length).toBeGreaterThan(5);
});
