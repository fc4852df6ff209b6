// The listener outlives its apps: real sockets, requests across a swap, stale and foreign socket files.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type Clock, sleep, systemClock } from '../../../core/clock.ts';
import type { Handler, Listener } from '../../../core/daemon/listener.ts';
import { createListener } from '../../../core/daemon/listener.ts';
import { knownSocketPath, prepareSocketFolder, socketPath } from '../../../core/daemon/socket-path.ts';

const base = mkdtempSync(join(tmpdir(), 'realm-listen-'));
let count = 0;
const place = (): string => join(base, String(++count), 'realm.sock');
const open: Listener[] = [];
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const listener of open.splice(0)) await listener.close(AbortSignal.abort());
});

interface App extends Handler {
  closed: boolean;
  readonly held: ServerResponse[];
}
/** Answers with its name and the connection it came on; `/held` waits to be released. */
function app(name: string): App {
  return {
    closed: false,
    held: [],
    handle(asked, response) {
      if (asked.url === '/held') this.held.push(response);
      else response.end(`${name} ${asked.socket.server === undefined ? '' : portOf(asked)}`);
    },
    async close() {
      this.closed = true;
    },
  };
}
const connections = new WeakMap<object, number>();
let connectionCount = 0;
function portOf({ socket }: IncomingMessage): number {
  if (!connections.has(socket)) connections.set(socket, ++connectionCount);
  return connections.get(socket)!;
}
async function listening(first: Handler, path: string, clock = systemClock): Promise<Listener> {
  const listener = createListener(first, (error) => expect.fail(String(error)));
  await listener.listen(path, clock);
  open.push(listener);
  return listener;
}
async function get(socketPathName: string, path: string, agent?: Agent): Promise<string> {
  const asked = request({ socketPath: socketPathName, path, agent: agent ?? false });
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

test('a connection that is kept alive is answered by the new app; a request in flight ends in the old one', async () => {
  const path = place();
  const [old, next] = [app('old'), app('next')];
  const listener = await listening(old, path);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const before = await get(path, '/', agent);
  const inFlight = get(path, '/held');
  while (old.held.length === 0) await new Promise((resolve) => setImmediate(resolve));
  listener.swap(next);
  const after = await get(path, '/', agent);
  expect(after.split(' ')).toEqual(['next', before.split(' ')[1]]);
  expect(old.closed).toBe(false);
  old.held[0]!.end('from the old one');
  expect(await inFlight).toBe('from the old one');
  while (!old.closed) await new Promise((resolve) => setImmediate(resolve));
  expect(next.closed).toBe(false);
  agent.destroy();
});

test('the socket is for its user alone, and the mask of the process is as before', async () => {
  const path = place();
  const mask = process.umask();
  await listening(app('a'), path);
  expect(lstatSync(path).mode & 0o777).toBe(0o700);
  expect(lstatSync(join(path, '..')).mode & 0o777).toBe(0o700);
  expect(process.umask()).toBe(mask);
});

/** Another process, which listens on the path. */
async function neighbour(path: string): Promise<ChildProcess> {
  mkdirSync(join(path, '..'), { mode: 0o700 });
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('a socket left by a killed process is replaced, one that somebody listens on is left alone', async () => {
  const path = place();
  const child = await neighbour(path);
  let time = 0;
  const hasty: Clock = { ...systemClock, now: () => (time += 1_000) };
  await expect(listening(app('a'), path, hasty)).rejects.toMatchObject({ code: 'SOCKET_UNSAFE' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(existsSync(path)).toBe(true);
  await listening(app('b'), path);
  expect(await get(path, '/')).toMatch(/^b /);
});

test('a process that is dying is waited for until it has let go', async () => {
  const path = place();
  const child = await neighbour(path);
  const listens = listening(app('b'), path);
  await sleep(systemClock, 200);
  child.kill('SIGKILL');
  await listens;
  expect(await get(path, '/')).toMatch(/^b /);
});

test('a file that is no socket is left alone', async () => {
  const path = place();
  mkdirSync(join(path, '..'), { mode: 0o700 });
  writeFileSync(path, 'precious');
  await expect(listening(app('a'), path)).rejects.toMatchObject({ code: 'SOCKET_UNSAFE' });
  expect(lstatSync(path).size).toBe(8);
});

test('close lets a request end, and cuts it when told to; the socket file goes', async () => {
  const path = place();
  const only = app('a');
  const listener = await listening(only, path);
  const first = get(path, '/held');
  const second = get(path, '/held').catch((error: unknown) => error);
  while (only.held.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const cut = new AbortController();
  const closed = listener.close(cut.signal);
  only.held[0]!.end('done');
  expect(await first).toBe('done');
  cut.abort();
  await closed;
  expect(await second).toMatchObject({ code: 'ECONNRESET' });
  expect(existsSync(path)).toBe(false);
  await expect(once(connect(path), 'connect')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a path too long for a socket goes to a short private folder, and clients find it there', async () => {
  const at = { env: {}, uid: 1000, tmp: '/tmp' };
  const deep = `/r/${'deep/'.repeat(30)}.realm`;
  expect(socketPath('/r/.realm', at)).toBe('/r/.realm/realm.sock');
  expect(socketPath(deep, at)).toMatch(/^\/tmp\/realm-1000\/[0-9a-f]{16}\.sock$/);
  expect(socketPath(deep, { ...at, env: { XDG_RUNTIME_DIR: '/run/user/1000' } })).toMatch(
    /^\/run\/user\/1000\/realm-1000\//,
  );
  expect(socketPath(deep, { ...at, env: { XDG_RUNTIME_DIR: `/${'x'.repeat(90)}` } })).toMatch(/^\/tmp\/realm-1000\//);
  expect(socketPath(deep, { ...at, tmp: `/${'x'.repeat(90)}` })).toMatch(/^\/tmp\/realm-1000\//);
  expect(socketPath(deep, at)).not.toBe(socketPath(`${deep}2`, at));
  const stateDir = join(base, 'ä'.repeat(60));
  mkdirSync(stateDir);
  const path = socketPath(stateDir, { ...at, uid: process.getuid!(), tmp: base });
  await listening(app('short'), path);
  writeFileSync(join(stateDir, 'daemon.json'), JSON.stringify({ socket: path }));
  expect(await get(knownSocketPath(stateDir), '/')).toMatch(/^short /);
});

test("a socket folder that is open, somebody else's or a link is refused", () => {
  const folder = join(base, 'folder');
  mkdirSync(folder, { mode: 0o700 });
  prepareSocketFolder(join(folder, 'a.sock'));
  expect(() => prepareSocketFolder(join(folder, 'a.sock'), 4_242)).toThrow(/belongs to user/);
  chmodSync(folder, 0o755);
  expect(() => prepareSocketFolder(join(folder, 'a.sock'))).toThrow(/open to others/);
  symlinkSync(folder, join(base, 'link'));
  expect(() => prepareSocketFolder(join(base, 'link', 'a.sock'))).toThrow(/no folder of its own/);
  rmSync(join(base, 'link'));
});
