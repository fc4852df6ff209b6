// Every plugin's folder can be deleted: what is left compiles as before, and loads.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const REPOSITORY = join(import.meta.dirname, '../../..');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
const copies: string[] = [];
afterAll(() => copies.forEach((copy) => rmSync(copy, { recursive: true, force: true })));

const plugins = readdirSync(join(REPOSITORY, 'plugins'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** The core and the plugins but one, as a tree of its own. */
function without(plugin: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'realm-without-'));
  copies.push(copy);
  for (const part of ['core', 'plugins', 'package.json', 'tsconfig.json'])
    cpSync(join(REPOSITORY, part), join(copy, part), { recursive: true });
  cpSync(join(REPOSITORY, 'test/contract.ts'), join(copy, 'test/contract.ts'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  rmSync(join(copy, 'plugins', plugin), { recursive: true, force: true });
  return copy;
}
const compile = (copy: string) =>
  spawnSync(process.execPath, [TSC, '-p', copy], { cwd: copy, encoding: 'utf8' }).stdout;

/** Loads and sets up what is left, but for those that say they need the missing one. */
const LOAD = `
  import { builtInPlugins } from './core/registry/find.ts';
  import { resolvePlugin } from './core/registry/resolve.ts';
  import { orderPlugins } from './core/registry/order.ts';
  import { setUp } from './core/registry/setup.ts';
  import { decode } from './core/schema/decode.ts';
  let left = await Promise.all(builtInPlugins().map((name) => resolvePlugin(name, '.')));
  const names = () => new Set(left.map(({ plugin }) => plugin.name));
  for (let count = -1; count !== left.length; ) {
    count = left.length;
    left = left.filter(({ plugin }) => (plugin.needs ?? []).every((need) => names().has(need)));
  }
  const ordered = orderPlugins(left.map((one) => ({ ...one, ...one.plugin })));
  setUp(ordered, ({ settings }) => decode(settings.schema, {}, { root: '.' }).value);
  process.stdout.write(JSON.stringify([...names()]));
`;
function load(copy: string): string[] {
  writeFileSync(join(copy, 'load.mjs'), LOAD);
  return JSON.parse(execFileSync(process.execPath, ['load.mjs'], { cwd: copy, encoding: 'utf8' })) as string[];
}

test('there is something to delete, and nothing is missing before', () => {
  expect(plugins.length).toBeGreaterThan(1);
  expect(load(without('none')).sort()).toEqual([...plugins].sort());
});

const before = compile(without('none'));
for (const plugin of plugins) {
  test(`without plugins/${plugin} the rest compiles as before, and loads`, () => {
    const copy = without(plugin);
    expect(compile(copy)).toBe(before);
    const left = load(copy);
    expect(left).not.toContain(plugin);
    expect(left.length).toBeGreaterThan(0);
  });
}
