// bin/realm as people start it: from a shell, under an old Node and the bundled one, in pipes, with signals, and held back from writing.
import { execFileSync, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DAEMON_NODE_FLAGS } from '../../../core/daemon/node-flags.ts';

const root = join(import.meta.dirname, '../../..');
const bin = join(root, 'bin/realm');

/** Nodes of this machine: the one that runs the tests, and an older one where the system has it. */
const nodes = [process.execPath, '/usr/bin/node', '/usr/local/bin/node'].filter(
  (node, i) =>
    i === 0 || (existsSync(node) && /^v(1[2-9]|2[0-3])\./.test(execFileSync(node, ['--version']).toString())),
);
const oldNode = nodes[1];
/** Typed at a prompt, the file itself is started, which is the shell's. */
const starters = ['/bin/sh', ...nodes];

async function tempFolder(): Promise<string> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'realm-launcher-')));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}
function start(
  node: string,
  args: readonly string[],
  how: { script?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
) {
  const env = { ...process.env, NO_COLOR: '', FORCE_COLOR: '', ...how.env };
  const child = spawn(node, [how.script ?? bin, ...args], {
    cwd: how.cwd ?? root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, out, err })),
  );
  return { child, ended, out: () => out };
}
const realm = (node: string, args: readonly string[], how: Parameters<typeof start>[2] = {}): Promise<Ended> =>
  start(node, args, how).ended;

test.each(starters)('%s: version, help, codes', async (node) => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const cwd = await tempFolder();
  expect(await realm(node, ['--version'], { cwd })).toMatchObject({ code: 0, out: `${version}\n`, err: '' });
  expect(await realm(node, ['explain', 'USAGE'], { cwd })).toMatchObject({ code: 0, err: '' });
  expect(await realm(node, ['--help'], { cwd })).toMatchObject({ code: 0, err: '' });
  const wrong = await realm(node, ['paln'], { cwd });
  expect(wrong).toMatchObject({ code: 64, out: '' });
  expect(wrong.err).toContain('Did you mean `plan`?');
});

test.each(starters)('%s: through a link in another folder', async (node) => {
  const dir = await tempFolder();
  await symlink(bin, join(dir, 'realm'));
  expect(await realm(node, ['explain', 'USAGE'], { script: join(dir, 'realm'), cwd: dir })).toMatchObject({ code: 0 });
});

/** The launcher alone, with a command line of our own behind it and no Node beside it. */
async function launcherWith(main: string): Promise<{ readonly dir: string; readonly script: string }> {
  const dir = await tempFolder();
  await mkdir(join(dir, 'bin'));
  await mkdir(join(dir, 'core/cli'), { recursive: true });
  await copyFile(bin, join(dir, 'bin/realm'));
  await copyFile(join(root, 'bin/package.json'), join(dir, 'bin/package.json'));
  await writeFile(join(dir, 'package.json'), '{"version":"9.9.9","type":"module"}');
  await writeFile(join(dir, 'core/cli/main.js'), main);
  return { dir, script: join(dir, 'bin/realm') };
}

// Needs an old Node on this machine; the bundled one is tested everywhere.
test.runIf(oldNode !== undefined)('an old Node without a newer one beside it says what is needed', async () => {
  const { script } = await launcherWith('export const main = () => {};');
  const ended = await realm(oldNode!, ['plan'], { script });
  expect(ended).toMatchObject({ code: 1, out: '' });
  expect(ended.err).toMatch(/^error: Realm needs Node 24\.15 or newer; this is .+\nhint: in a clone, `npm ci`/);
  expect(await realm(oldNode!, ['--version'], { script })).toMatchObject({ code: 0, out: '9.9.9\n' });
});

// Needs an old Node on this machine; the bundled one is tested everywhere.
test.runIf(oldNode !== undefined)(
  'an old Node hands over to the one beside it: words, exit code, death by signal',
  async () => {
    const { dir, script } = await launcherWith(`
    import process from 'node:process';
    export function main() {
      console.log(JSON.stringify(process.argv.slice(2)));
      if (process.argv[2] === 'die') process.kill(process.pid, 'SIGKILL');
      process.exit(7);
    }`);
    await mkdir(join(dir, 'node_modules/.bin'), { recursive: true });
    await symlink(process.execPath, join(dir, 'node_modules/.bin/node'));
    const words = ['apply', '--x', 'a b', '', '*', '"'];
    expect(await realm(oldNode!, words, { script })).toMatchObject({ code: 7, out: `${JSON.stringify(words)}\n` });
    expect(await realm(oldNode!, ['die'], { script })).toMatchObject({ code: null, signal: 'SIGKILL' });
  },
);

// Needs an old Node on this machine; the bundled one is tested everywhere.
test.runIf(oldNode !== undefined)('a broken Node beside it is named', async () => {
  const { dir, script } = await launcherWith('');
  await mkdir(join(dir, 'node_modules/.bin'), { recursive: true });
  await writeFile(join(dir, 'node_modules/.bin/node'), 'no program');
  await chmod(join(dir, 'node_modules/.bin/node'), 0o644);
  const ended = await realm(oldNode!, ['apply'], { script });
  expect(ended.code).toBe(1);
  expect(ended.err).toContain(`error: ${join(dir, 'node_modules/.bin/node')} does not start: `);
});

const SIGNALLED = `
  import process from 'node:process';
  export function main() {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => { console.log(name); process.exit(42); });
    console.log('ready');
    setTimeout(() => process.exit(9), 15_000); // nobody is left behind when the launcher forgets to hand a signal on
  }`;

test.each(starters.flatMap((node) => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => [node, signal] as const)))(
  '%s: %s reaches the command once, and its exit code comes back',
  async (node, signal) => {
    const { dir, script } = await launcherWith(SIGNALLED);
    await mkdir(join(dir, 'node_modules/.bin'), { recursive: true });
    await symlink(process.execPath, join(dir, 'node_modules/.bin/node'));
    const { child, ended, out } = start(node, ['apply'], { script });
    child.stdout.on(
      'data',
      () => out().includes('ready') && !out().includes('SIG') && child.kill(signal as NodeJS.Signals),
    );
    expect(await ended).toMatchObject({ code: 42, out: `ready\n${signal}\n` });
  },
  10_000,
);

const PROBE = `
  import { writeFileSync, existsSync } from 'node:fs';
  import { spawnSync } from 'node:child_process';
  const attempt = (act) => { try { act(); return 'done'; } catch (error) { return error.code; } };
  export function main() {
    const there = process.env.PROBE;
    console.log(JSON.stringify({
      write: attempt(() => writeFileSync(there, 'x')),
      out: attempt(() => writeFileSync(process.env.PROBE_OUT, 'x')),
      spawn: attempt(() => spawnSync('true')),
      read: attempt(() => existsSync('/etc/passwd')),
      young: process.execArgv.filter((flag) => /semi-space|gc$|recompilation$|top-tier$/.test(flag)),
    }));
  }`;

async function probe(node: string, args: readonly string[]): Promise<Record<string, unknown>> {
  const { dir, script } = await launcherWith(PROBE);
  await mkdir(join(dir, 'node_modules/.bin'), { recursive: true });
  await symlink(process.execPath, join(dir, 'node_modules/.bin/node'));
  await mkdir(join(dir, 'sub'));
  const env = { PROBE: join(dir, 'written'), PROBE_OUT: join(dir, 'sub/plan.json') };
  const ended = await realm(node, args, { script, env, cwd: dir });
  expect(ended).toMatchObject({ code: 0, err: '' });
  return JSON.parse(ended.out) as Record<string, unknown>;
}

const looking = (
  'validate|status|config|events|runs|approvals|explain|schema|logs|why service/web|plugin list|' +
  '--json -C sub why x|--profile apply status|migrate|help||--help'
).split('|');
const now = ['/bin/sh', process.execPath];
const started = (lines: readonly string[]): (readonly [string, string])[] =>
  now.flatMap((node) => lines.map((line) => [node, line] as const));

const fromShell = ['status', 'why service/web', ''].map((line) => ['/bin/sh', line] as const); // for the others, see launcher-halves
test.each([...looking.map((line) => [process.execPath, line] as const), ...fromShell])(
  '%s: `realm %s` cannot write or start programs, whatever runs in it',
  async (node, line) => {
    const answer = await probe(node, line === '' ? [] : line.split(' '));
    expect(answer).toEqual({
      write: 'ERR_ACCESS_DENIED',
      out: 'ERR_ACCESS_DENIED',
      spawn: 'ERR_ACCESS_DENIED',
      read: 'done',
      young: [],
    });
  },
);

// They give child processes up themselves, before a plugin is loaded: test/e2e/observes.
test.each(started(['plan', 'drift', '--json -C sub plan', '--profile apply plan']))(
  '%s: `realm %s` cannot write',
  async (node, line) => {
    const answer = await probe(node, line.split(' '));
    expect(answer).toMatchObject({ write: 'ERR_ACCESS_DENIED', out: 'ERR_ACCESS_DENIED', spawn: 'done' });
  },
);

test.each(started(['apply', 'schema --write', 'migrate --write', 'plugin new x', '--profile plan apply']))(
  '%s: `realm %s` may write',
  async (node, line) => {
    expect(await probe(node, line.split(' '))).toMatchObject({ write: 'done', spawn: 'done' });
  },
);

// Needs an old Node on this machine; the bundled one is tested everywhere.
test.runIf(oldNode !== undefined)('an old Node denies writes all the same', async () => {
  expect(await probe(oldNode!, ['plan'])).toMatchObject({ write: 'ERR_ACCESS_DENIED', spawn: 'done' });
  expect(await probe(oldNode!, ['why', 'x'])).toMatchObject({ write: 'ERR_ACCESS_DENIED', spawn: 'ERR_ACCESS_DENIED' });
});

test.each(started(['plan --out sub/plan.json', 'plan -C sub --out=plan.json']))(
  '%s: `realm %s` may write that file alone',
  async (node, line) => {
    expect(await probe(node, line.split(' '))).toMatchObject({ write: 'ERR_ACCESS_DENIED', out: 'done' });
  },
);

test.each(now)(
  '%s: the daemon starts with the same flags from a shell, from Node, and from `realm up`',
  async (node) => {
    expect((await probe(node, ['watch']))['young']).toEqual(DAEMON_NODE_FLAGS);
  },
);

test.each(starters)('%s: a reader that leaves early is no error', async (node) => {
  const line = `"${node}" "${bin}" explain | head -1; echo "\${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', line], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  await new Promise((resolve) => child.on('close', resolve));
  expect(err).toBe('');
  expect(out).toMatch(/^CODE +MEANING\n0\n$/);
});

test('colours only when they are wanted', async () => {
  const esc = '\u001b';
  expect((await realm(process.execPath, ['explain', 'USAGE'])).out).not.toContain(esc);
  expect((await realm(process.execPath, ['explain', 'USAGE'], { env: { FORCE_COLOR: '1' } })).out).toContain(esc);
  expect(
    (await realm(process.execPath, ['explain', 'USAGE', '--no-color'], { env: { FORCE_COLOR: '1' } })).out,
  ).not.toContain(esc);
  expect(
    (await realm(process.execPath, ['explain', 'USAGE'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).out,
  ).not.toContain(esc);
});

test.each(
  now.flatMap((node) => [
    { node, HOME: '/proc/none', XDG_CACHE_HOME: '' },
    { node, HOME: '/dev/null', XDG_CACHE_HOME: '' },
    { node, HOME: '', XDG_CACHE_HOME: 'relative' },
  ]),
)('with %j there is no code cache, and everything works', async ({ node, ...env }) => {
  const cwd = await tempFolder();
  expect(await realm(node, ['explain', 'USAGE'], { env, cwd })).toMatchObject({ code: 0, err: '' });
  expect(await readdir(cwd)).toEqual([]);
});

test('where there is no Node at all, that is said', async () => {
  const { script } = await launcherWith('export const main = () => {};');
  const ended = await realm('/bin/sh', ['plan'], { script, env: { PATH: '/nowhere' } });
  expect(ended).toMatchObject({ code: 1, out: '' });
  expect(ended.err).toMatch(/^error: Realm needs Node, and there is none on the PATH\.\nhint: in a clone, `npm ci`/);
});
