// Every plugin's folder can be deleted: what is left compiles as before, and loads.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 120_000 }); // the compiler over the whole tree, slow on a busy machine

const REPOSITORY = join(import.meta.dirname, '../../..');
const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
/** The core and the plugins, as a tree of its own. */
const copy = mkdtempSync(join(tmpdir(), 'realm-without-'));
afterAll(() => rmSync(copy, { recursive: true, force: true }));
for (const part of ['core', 'plugins', 'package.json', 'tsconfig.json', 'test/contract.ts'])
  cpSync(join(REPOSITORY, part), join(copy, part), { recursive: true });
symlinkSync(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));

const plugins = readdirSync(join(copy, 'plugins'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** What the compiler complains about. What it found out before is kept: it checks only what a missing file may concern. */
const compile = (): string =>
  spawnSync(
    process.execPath,
    [TSC, '-p', copy, '--incremental', '--tsBuildInfoFile', join(copy, 'known.tsbuildinfo')],
    {
      cwd: copy,
      encoding: 'utf8',
    },
  ).stdout;

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
writeFileSync(join(copy, 'load.mjs'), LOAD);
function load(): string[] {
  return JSON.parse(execFileSync(process.execPath, ['load.mjs'], { cwd: copy, encoding: 'utf8' })) as string[];
}

const before = compile();

test('there is something to delete, and nothing is missing before', () => {
  expect(plugins.length).toBeGreaterThan(1);
  expect(load().sort()).toEqual([...plugins].sort());
});

test.each(plugins)('without plugins/%s the rest compiles as before, and loads', (plugin) => {
  const folder = join(copy, 'plugins', plugin);
  renameSync(folder, join(copy, 'away'));
  try {
    expect(compile()).toBe(before);
    const left = load();
    expect(left).not.toContain(plugin);
    expect(left.length).toBeGreaterThan(0);
  } finally {
    renameSync(join(copy, 'away'), folder);
  }
});

test('what needs a plugin to compile is found', () => {
  const [plugin] = plugins;
  const lean = join(copy, 'core/lean.ts');
  writeFileSync(lean, `import '../plugins/${plugin}/index.ts';\n`);
  const folder = join(copy, 'plugins', plugin!);
  expect(compile()).toBe(before);
  renameSync(folder, join(copy, 'away'));
  expect(compile()).toContain('core/lean.ts');
  renameSync(join(copy, 'away'), folder);
  rmSync(lean);
});
