// Each probe against real servers, files and processes: well ones, and those that hang, lie, close and refuse.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import type { Answer, Target } from '../../../plugins/services/probes/probe.ts';
import { probeOf } from '../../../plugins/services/probes/way.ts';
import type { ProbeSpec, ServiceSpec } from '../../../plugins/services/spec.ts';
import { inTime } from '../../../plugins/services/watched-life.ts';
import { freePort } from '../../free-port.ts';

const ctx = { sleep: (ms: number, signal?: AbortSignal) => sleep(systemClock, ms, signal) };

function ask(
  probe: Partial<ProbeSpec>,
  { port, heard = [], pids = [], timeout = 60_000, over }: Asked = {},
): Promise<Answer> {
  const spec: ProbeSpec = { every: 1_000, timeout, within: 0, failures: 1, successes: 1, ...probe };
  const target: Target = {
    spec: { port, cwd: tmpdir(), limits: {} } as unknown as ServiceSpec,
    environment: () => ({ PATH: process.env['PATH'] ?? '', COLOUR: 'blue' }),
    pids: () => pids,
    hears: (pattern) => heard.includes(pattern),
  };
  return inTime(probeOf(spec), spec, target, ctx, over ?? new AbortController().signal);
}
interface Asked {
  readonly port?: number;
  readonly heard?: readonly string[];
  readonly pids?: readonly number[];
  readonly timeout?: number;
  readonly over?: AbortSignal;
}

async function listening(server: Server, host = '127.0.0.1'): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const http = (answer: RequestListener, host?: string): Promise<number> => listening(createHttp(answer), host);
const tcp = (hear: (socket: Socket) => void): Promise<number> =>
  listening(createServer((socket) => hear(socket.on('error', () => {}))));

test.each([
  [200, true],
  [204, true],
  [302, true],
  [404, false],
  [500, false],
  [503, false],
])('http: an answer with %i', async (status, ok) => {
  const paths: (string | undefined)[] = [];
  const port = await http((request, response) => {
    paths.push(request.url);
    response.writeHead(status, { location: 'http://192.0.2.1/' }).end('x'.repeat(100_000));
  });
  expect(await ask({ http: '/health?deep=1' }, { port })).toEqual({
    ok,
    why: `GET /health?deep=1 answered ${status}`,
  });
  expect(paths).toEqual(['/health?deep=1']);
});

test('http: a whole URL, and a server on ::1 alone', async () => {
  const port = await http((_request, response) => void response.end());
  expect(await ask({ http: `http://127.0.0.1:${port}/x?key=1` })).toEqual({
    ok: true,
    why: `GET http://127.0.0.1:${port}/x answered 200`,
  });
  const other = await http((_request, response) => void response.end(), '::1');
  expect(await ask({ http: '/' }, { port: other })).toMatchObject({ ok: true });
});

test('http: nobody, silence, a closed connection, something else, and headers without end', async () => {
  const port = await freePort();
  expect(await ask({ http: '/' }, { port })).toEqual({ ok: false, why: `nobody listens on port ${port}` });
  const silent = await tcp(() => {});
  expect(await ask({ http: '/up' }, { port: silent, timeout: 100 })).toEqual({
    ok: false,
    why: 'GET /up: no answer within 0.1 s',
  });
  const closing = await tcp((socket) => void socket.destroy());
  expect(await ask({ http: '/' }, { port: closing })).toEqual({
    ok: false,
    why: 'GET / was not answered: the connection was closed',
  });
  const ssh = await tcp((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  expect(await ask({ http: '/' }, { port: ssh })).toEqual({
    ok: false,
    why: 'GET / was answered with something that is not HTTP',
  });
  const endless = await tcp((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n');
    const line = `X: ${'y'.repeat(60_000)}\r\n`;
    const more = (): void => void (socket.writable && socket.write(line, more));
    more();
  });
  expect(await ask({ http: '/' }, { port: endless })).toMatchObject({ ok: false });
});

test('tcp: a port that accepts, one that nobody has, and the own one', async () => {
  const port = await tcp((socket) => void socket.destroy());
  expect(await ask({ tcp: port })).toEqual({ ok: true, why: `port ${port} accepts connections` });
  expect(await ask({ tcp: true }, { port })).toMatchObject({ ok: true });
  const none = await freePort();
  expect(await ask({ tcp: none })).toEqual({ ok: false, why: `nobody listens on port ${none}` });
});

test('port: listened on by the service itself, by a stranger, by nobody', async () => {
  const port = await tcp(() => {});
  expect(await ask({ port: true }, { port, pids: [process.pid] })).toEqual({
    ok: true,
    why: `it listens on port ${port}`,
  });
  expect(await ask({ port: true }, { port, pids: [1] })).toMatchObject({
    ok: false,
    why: expect.stringMatching(new RegExp(`^port ${port} is listened on by .*\\(pid ${process.pid}\\)$`)) as string,
  });
  const none = await freePort();
  expect(await ask({ port: true }, { port: none })).toEqual({ ok: false, why: `nobody listens on port ${none}` });
});

test('file: there or not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-probe-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'ready');
  expect(await ask({ file: path })).toEqual({ ok: false, why: `${path}: does not exist` });
  writeFileSync(path, '');
  expect(await ask({ file: path })).toEqual({ ok: true, why: `${path} exists` });
});

test('log: what it has said', async () => {
  expect(await ask({ log: 'up' }, { heard: ['up'] })).toEqual({ ok: true, why: 'it said /up/' });
  expect(await ask({ log: 'up' })).toEqual({ ok: false, why: 'it has not said /up/ yet' });
});

test('exec: its status, its last words, and the environment of the service', async () => {
  const sh = (script: string, asked?: Asked): Promise<Answer> => ask({ exec: ['sh', '-c', script] }, asked);
  expect(await sh('test "$COLOUR" = blue')).toMatchObject({ ok: true });
  expect(await sh('echo first; echo not yet >&2; exit 3')).toEqual({
    ok: false,
    why: '`sh -c echo first; echo not yet >&2; exit 3` ended with 3: not yet',
  });
  expect(await sh('kill -TERM $$')).toMatchObject({ ok: false, why: expect.stringContaining('SIGTERM') as string });
  expect(await ask({ exec: ['no-such-program'] })).toMatchObject({ ok: false });
});

test('exec: one that hangs is killed with all it started, also when the service ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-probe-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const lock = join(folder, 'lock');
  const script = `exec 9>${lock}; flock 9; sleep 600 & sleep 600`;
  const isFree = async (): Promise<boolean> =>
    (await ask({ exec: ['flock', '--wait', '60', lock, 'true'] }, { timeout: 90_000 })).ok;
  expect(await ask({ exec: ['sh', '-c', script] }, { timeout: 200 })).toMatchObject({
    ok: false,
    why: expect.stringContaining('no answer within 0.2 s') as string,
  });
  expect(await isFree()).toBe(true);
  const over = new AbortController();
  const answer = ask({ exec: ['sh', '-c', script] }, { timeout: 60_000, over: over.signal });
  over.abort();
  expect(await answer).toMatchObject({ ok: false });
  expect(await isFree()).toBe(true);
});

test('exec: one that ends and leaves something behind that holds its output', async () => {
  expect(await ask({ exec: ['sh', '-c', 'sleep 600 & echo done'] })).toMatchObject({ ok: true });
});

test('what has ended while it waited for its turn is asked about no more', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-probes-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const answer = await ask({ exec: ['touch', join(folder, 'asked')] }, { over: AbortSignal.abort() });
  expect(answer).toEqual({ ok: false, why: 'it is over' });
  expect(readdirSync(folder)).toEqual([]);
});
