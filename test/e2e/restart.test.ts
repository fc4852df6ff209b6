// A newer command meets an older daemon and says so; `up --restart` replaces it, with this shell's environment, its profile and host.
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../core/clock.ts';
import { acquire } from '../../core/daemon/lease.ts';
import { socketPath } from '../../core/daemon/socket-path.ts';
import { VERSION } from '../../core/kernel/version.ts';
import { systemRandom } from '../../core/random.ts';
import { isRunning, realm, SOON_MS, tempRealm, until } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const CONFIG = `plugins: [file]
profiles: { loud: { files: { motd: { text: "HELLO \${env:NAME}" } } } }
files:
  motd: { path: motd.txt, text: "hello \${env:NAME}" }
`;
const STATUS = { version: 1, daemon: null, resources: [], plugins: [], configError: null, store: 'ok', next: null };

/** A daemon of another version, as far as this test's process can be one. */
async function another(dir: string, version: string, shapes: number): Promise<void> {
  const stateDir = join(dir, '.realm');
  mkdirSync(stateDir, { mode: 0o700 });
  const signal = new AbortController().signal;
  const lease = await acquire({ stateDir, purpose: 'daemon', signal, clock: systemClock, random: systemRandom });
  const file = join(stateDir, 'lease.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), version }));
  const daemon = { pid: process.pid, version, startedAt: '2026-01-01T00:00:00.000Z', holder: 'daemon' };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url === '/health' ? { version: shapes, daemon } : { ...STATUS, daemon }));
  }).listen(socketPath(stateDir));
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await lease.release();
  });
}

test('an older daemon that speaks the same shapes answers, and both versions are told', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  await another(dir, '0.0.1', 1);
  const told = `process ${process.pid} runs Realm 0.0.1, this command is ${VERSION} (realm up --restart)\n`;
  expect(await realm(dir, ['status'])).toMatchObject({ code: 0, stderr: told });
  const up = await realm(dir, ['up', '--yes'], { env: { NAME: 'x' } });
  expect(up).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`It runs Realm 0.0.1, and this is ${VERSION}. \`realm up --restart\``),
  });
});

test('one that speaks other shapes is not asked any further', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  await another(dir, '9.0.0', 2);
  const { code, stdout, stderr } = await realm(dir, ['plan']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/DAEMON_VERSION.*runs Realm 9\.0\.0/);
  expect(stderr).toContain('realm up --restart');
});

test('up --restart: another process, with the environment of this shell, and the profile that was in force', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  const up = async (args: readonly string[], NAME: string): Promise<number> => {
    const { code, stdout, stderr } = await realm(dir, [...args, '--yes', '--json'], { env: { NAME } });
    expect(code, stderr).toBe(0);
    return (JSON.parse(stdout) as { pid: number }).pid;
  };
  const says = (text: string): Promise<void> =>
    until(async () => (await readFile(join(dir, 'motd.txt'), 'utf8').catch(() => '')) === text, SOON_MS, text);
  const first = await up(['--profile', 'loud', 'up'], 'ann');
  await says('HELLO ann');
  expect(await up(['up'], 'bob')).toBe(first);
  const second = await up(['up', '--restart'], 'bob');
  await says('HELLO bob');
  expect([second === first, isRunning(first), isRunning(second)]).toEqual([false, false, true]);
  expect(await realm(dir, ['down'], { env: { NAME: 'bob' } })).toMatchObject({ code: 0 });
});

test('up --restart stays the host that the daemon was told to be, until another one is named', async () => {
  const hosts = ['a', 'b'].map((id) => `  ${id}: { address: ${id}.invalid, role: trainer }\n`).join('');
  const dir = await tempRealm({ 'realm.config.yaml': `plugins: [hosts]\nhosts:\n${hosts}` });
  const self = async (): Promise<unknown> =>
    (JSON.parse((await realm(dir, ['hosts', '--json'])).stdout) as { self: unknown }).self;
  expect(await realm(dir, ['up', '--host', 'b', '--yes'])).toMatchObject({ code: 0 });
  expect(await self()).toBe('b');
  expect(await realm(dir, ['up', '--restart', '--yes'])).toMatchObject({ code: 0 });
  expect(await self()).toBe('b');
  expect(await realm(dir, ['up', '--restart', '--host', 'a', '--yes'])).toMatchObject({ code: 0 });
  expect(await self()).toBe('a');
  expect(await realm(dir, ['down'])).toMatchObject({ code: 0 });
});
