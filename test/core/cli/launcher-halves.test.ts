// The launcher decides for a shell and for Node how Realm's Node is started: both must say the same.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { compileFunction } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { VERBS } from '../../../core/cli/verbs.ts';

const bin = join(import.meta.dirname, '../../../bin/realm');

async function tempFolder(): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'realm-halves-')));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Where a Node would be, something that says how it was started, in a folder whose name a shell could stumble over. */
async function stubbed(): Promise<string> {
  const dir = join(await tempFolder(), `it's "a" $b *\n`);
  await mkdir(join(dir, 'bin'), { recursive: true });
  await mkdir(join(dir, 'node_modules/.bin'), { recursive: true });
  await copyFile(bin, join(dir, 'bin/realm'));
  await writeFile(join(dir, 'node_modules/.bin/node'), `#!/bin/sh\nprintf '%s\\0' "$@"\n`, { mode: 0o755 });
  return join(dir, 'bin/realm');
}

/** What the shell's half starts Node with. */
function byShell(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string[] {
  const { stdout, stderr } = spawnSync(script, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\0').slice(0, -1);
}

/** What the other half, under an old Node, starts the new one with. */
function byNode(script: string, args: readonly string[]): readonly string[] {
  const replaced = new Error('replaced');
  let started: readonly string[] = [];
  const execve = (_program: string, argv: readonly string[]): never => {
    started = argv.slice(1);
    throw replaced; // the real one never comes back either
  };
  const process = { ...globalThis.process, argv: ['node', script, ...args], versions: { node: '22.0.0' }, execve };
  const names = ['process', 'require', '__filename', '__dirname'];
  const half = compileFunction(readFileSync(script, 'utf8').replace('#!/bin/sh', ''), names) as (
    ...g: unknown[]
  ) => void;
  try {
    half(process, createRequire(script), script, dirname(script));
  } catch (error) {
    if (error !== replaced) throw error;
  }
  return started;
}

const plain = VERBS.map(({ name }) => name.split(' '));
const turns = [[], ['--json'], ['--write'], ['--out', 'x'], ['--out=x'], ['--', '--write'], ['a b', '', "'", '*']];

test('both halves of the launcher start Node alike, or the shell leaves it to the other', async () => {
  const script = await stubbed();
  const undecided = new Set<string>();
  for (const words of plain) {
    for (const args of [...turns.map((turn) => [...words, ...turn]), ['-C', '/', ...words], ['--json', ...words]]) {
      const [here, there] = [byShell(script, args), byNode(script, args)];
      if (here[0] !== script) expect(here, args.join(' ')).toEqual(there);
      else if (there[0] !== script) undecided.add(args.join(' '));
      expect(here.slice(-args.length - 1), 'the words reach it as they are').toEqual([script, ...args]);
    }
  }
  const quick = plain.map((words) => words.join(' ')).filter((line) => !undecided.has(line));
  expect(quick).toEqual(expect.arrayContaining(['plan', 'drift', 'status', 'why', 'watch', 'apply']));
  expect([...undecided].filter((line) => /^\w+$/.test(line))).toEqual([]); // none that is typed plainly
});

test('through a link, with no home, and with another cache', async () => {
  const script = await stubbed();
  const dir = await tempFolder();
  await symlink(script, join(dir, 'first'));
  await symlink('first', join(dir, 'second'));
  expect(byShell(join(dir, 'second'), ['apply'])).toEqual([script, 'apply']);
  expect(byShell(script, ['status'], { HOME: '', XDG_CACHE_HOME: '' })).toEqual([script, 'status']);
  expect(byShell(script, ['status'], { XDG_CACHE_HOME: dir })).toEqual([script, 'status']); // not made yet
  await mkdir(join(dir, 'realm/code'), { recursive: true });
  expect(byShell(script, ['status'], { XDG_CACHE_HOME: dir })).toContain(`--allow-fs-write=${dir}/realm/code`);
});
