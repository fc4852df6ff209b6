// What the README shows is what is there: the commands, the model plugin, the folders.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from './tree.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('README.md', () => {
  const readme = (): string => read('README.md');

  test('shows the model plugin whole, and it is short', () => {
    const plugin = read('plugins/file/index.ts');
    expect(readme()).toContain(plugin.trim());
    expect(plugin.trim().split('\n').length).toBeLessThan(26);
  });

  test('begins with the two commands, and CI runs the second', () => {
    const commands = [...readme().matchAll(/^(?:\$ )?(npm ci && npm \w+)/gm)].map((match) => match[1]);
    expect(commands.slice(0, 2)).toEqual(['npm ci && npm start', 'npm ci && npm test']);
    expect(read('.ci/run')).toContain(`'${commands[1]}'`);
  });

  test('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...readme().matchAll(/\bnpm (?:run )?((?:test|bench|check|build|start)(?::\w+)?)\b/g)];
    expect(named.map((match) => match[1]!).filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test('links only to files that exist', () => {
    const links = [...readme().matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});
