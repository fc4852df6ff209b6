// The app refuses what does not fit, in one shape, and changes nothing that it was sent.
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Door, RunRow } from '../../../core/api/door.ts';
import { systemClock } from '../../../core/clock.ts';
import { serve } from '../../../core/daemon/serve.ts';
import { APPROVAL, event, OVERRIDE, RUN, sampleDoor, SOURCE } from './sample-door.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
async function serving(door: Door, clock = systemClock): Promise<string> {
  const stateDir = mkdtempSync(join(tmpdir(), 'realm-app-'));
  const holder = { pid: 1, version: '1.2.3', startedAt: 'then', holder: 'daemon' };
  const control = { door, holder, clock, source: () => SOURCE, stop: () => {} };
  const served = await serve({ stateDir, control, onError: (error) => expect.fail(String(error)) });
  ends.push(async () => {
    await served.close(AbortSignal.abort());
    rmSync(stateDir, { recursive: true, force: true });
  });
  return served.socket;
}
interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}
async function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: string,
  type = 'application/json',
): Promise<Answer> {
  const headers = body === undefined ? {} : { 'content-type': type };
  const asked = request({ socketPath, method, path, headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    asked.once('response', resolve).once('error', reject),
  );
  asked.end(body);
  const response = await answered;
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode!, body: JSON.parse(text) as Record<string, unknown> };
}

const WRONG: readonly (readonly [string, string, string | undefined, number, string, RegExp])[] = [
  ['GET', '/nope', undefined, 404, 'REQUEST_UNKNOWN', /GET \/nope/],
  ['PUT', '/api/status?ref=file/a', undefined, 405, 'REQUEST_METHOD', /answers to GET, not to PUT/],
  ['DELETE', '/api/overrides', undefined, 405, 'REQUEST_METHOD', /GET and POST/],
  ['GET', '/api/runs/r1/cancel', undefined, 405, 'REQUEST_METHOD', /POST/],
  ['POST', '/api/openapi.json', '{}', 405, 'REQUEST_METHOD', /GET/],
  ['GET', '/api/runs?limit=0', undefined, 400, 'REQUEST_INVALID', /limit must be >= 1/],
  ['GET', '/api/status?limit=1001', undefined, 400, 'REQUEST_INVALID', /limit must be <= 1000/],
  ['GET', '/api/approvals?after=', undefined, 400, 'REQUEST_INVALID', /after/],
  ['GET', '/api/events?after=x', undefined, 400, 'REQUEST_INVALID', /after must match/],
  ['GET', '/api/events?follow=true', undefined, 400, 'REQUEST_INVALID', /unknown key follow/],
  ['GET', '/api/status?reff=file/a', undefined, 400, 'REQUEST_INVALID', /unknown key reff/],
  ['GET', '/api/status?ref=nonsense', undefined, 400, 'REQUEST_INVALID', /ref must match/],
  ['GET', '/api/events/lines?since=abc', undefined, 400, 'REQUEST_INVALID', /since must be integer/],
  ['GET', '/api/events/lines?since=', undefined, 400, 'REQUEST_INVALID', /since must be integer/],
  ['GET', '/api/events/lines?since=-1', undefined, 400, 'REQUEST_INVALID', /since must be >= 0/],
  ['GET', '/api/events/lines?follow=1', undefined, 400, 'REQUEST_INVALID', /follow must be boolean/],
  ['GET', '/api/runs?limit=1&limit=2', undefined, 400, 'REQUEST_INVALID', /limit must be integer/],
  ['GET', '/api/why/file/%E0%A4%A', undefined, 400, 'REQUEST_INVALID', /why/],
  ['POST', '/api/overrides', '{"ref":"service/web","effect":"stop"}', 400, 'REQUEST_INVALID', /'why'/],
  [
    'POST',
    '/api/overrides',
    '{"ref":"service/web","effect":"explode","why":"x"}',
    400,
    'REQUEST_INVALID',
    /one of \["stop"/,
  ],
  [
    'POST',
    '/api/overrides',
    '{"ref":"service/web","effect":"stop","why":1}',
    400,
    'REQUEST_INVALID',
    /why must be string/,
  ],
  ['POST', '/api/apply', '{"allowDeletions":"true"}', 400, 'REQUEST_INVALID', /allowDeletions must be boolean/],
  ['POST', '/api/apply', '{"nope":1}', 400, 'REQUEST_INVALID', /unknown key nope/],
  ['POST', '/api/apply', '{', 400, 'REQUEST_INVALID', /JSON/],
  ['POST', '/api/apply', '', 400, 'REQUEST_INVALID', /empty/],
  ['POST', '/api/apply', '[]', 400, 'REQUEST_INVALID', /object/],
  ['POST', '/api/apply', '{"__proto__":{"a":1}}', 400, 'REQUEST_INVALID', /JSON/],
  ['POST', '/api/apply', '{"actor":"not an actor"}', 400, 'REQUEST_INVALID', /actor/],
];
test.each(WRONG)('%s %s with %j is refused with %i %s', async (method, path, body, status, code, words) => {
  const door = sampleDoor();
  const answer = await ask(await serving(door), method, path, body);
  expect(answer).toMatchObject({ status, body: { code } });
  expect(String(answer.body['message'])).toMatch(words);
  expect(door.heard).toEqual([]);
});

test('another media type is refused', async () => {
  const answer = await ask(
    await serving(sampleDoor()),
    'POST',
    '/api/apply',
    'a=b',
    'application/x-www-form-urlencoded',
  );
  expect(answer).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
});

test('a body over the limit is refused and the daemon goes on', async () => {
  const socket = await serving(sampleDoor());
  const huge = request({
    socketPath: socket,
    method: 'POST',
    path: '/api/apply',
    headers: { 'content-type': 'application/json', 'content-length': 65 * 2 ** 20 },
  });
  const answered = new Promise<IncomingMessage>((resolve) => huge.once('response', resolve));
  huge.on('error', () => {}); // the other side closes while we still could write
  huge.flushHeaders();
  const refused = await answered;
  let text = '';
  for await (const chunk of refused) text += String(chunk);
  expect(refused.statusCode).toBe(413);
  expect(JSON.parse(text)).toMatchObject({ code: 'REQUEST_TOO_LARGE' });
  huge.destroy();
  expect((await ask(socket, 'GET', '/api/overrides')).status).toBe(200);
});

test('who gives no actor is the user who owns the socket', async () => {
  const door = sampleDoor();
  await ask(await serving(door), 'POST', '/api/actions/demo.work', '{"input":{"a":"1"}}');
  expect(door.heard).toEqual([['invoke', 'demo.work', { a: '1' }, expect.stringMatching(/^user:./)]]);
});

test('an action is told when who asked for it has left', async () => {
  const heard = Promise.withResolvers<AbortSignal>();
  const door = sampleDoor({
    invoke: (_name, _input, _actor, signal) => {
      heard.resolve(signal!);
      return new Promise((resolve) => signal!.addEventListener('abort', resolve, { once: true }));
    },
  });
  const headers = { 'content-type': 'application/json' };
  const asked = request({ socketPath: await serving(door), method: 'POST', path: '/api/actions/demo.work', headers });
  asked.on('error', () => {}); // it is cut off by this side
  asked.end('{}');
  const signal = await heard.promise;
  expect(signal.aborted).toBe(false);
  asked.destroy();
  await expect.poll(() => signal.aborted, { timeout: 60_000 }).toBe(true);
});

test('an answer that does not come in time is told, and the next one is given', async () => {
  const due: (() => void)[] = [];
  const clock = { now: () => 0, after: (_: number, fn: () => void) => (due.push(fn), { cancel() {} }) };
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  const never = (): Promise<never> => (isAsked(), new Promise(() => {}));
  const socket = await serving(sampleDoor({ plan: never }), clock);
  const planned = ask(socket, 'GET', '/api/plan');
  await asked;
  due.at(-1)!();
  expect(await planned).toMatchObject({ status: 504, body: { code: 'REQUEST_TIMEOUT' } });
  expect((await ask(socket, 'GET', '/api/overrides')).status).toBe(200);
});

test('health says who it is; openapi lists every address with its shapes', async () => {
  const socket = await serving(sampleDoor());
  const holder = { pid: 1, version: '1.2.3', startedAt: 'then', holder: 'daemon' };
  expect((await ask(socket, 'GET', '/health')).body).toEqual({ version: 1, daemon: holder });
  const { body } = await ask(socket, 'GET', '/api/openapi.json');
  expect(body['openapi']).toBe('3.1.0');
  const paths = body['paths'] as Record<string, Record<string, unknown>>;
  expect(Object.keys(paths).length).toBeGreaterThan(15);
  expect(paths['/api/why/{kind}/{name}']?.['get']).toMatchObject({ parameters: [{ name: 'kind' }, { name: 'name' }] });
});

/** Reads a list to its end, page by page. */
async function pages(socket: string, url: string, list: string): Promise<unknown[][]> {
  const found: unknown[][] = [];
  for (let after = ''; ;) {
    const { status, body } = await ask(socket, 'GET', `${url}${after}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ version: 1 });
    found.push(body[list] as unknown[]);
    if (body['next'] === null) return found;
    after = `&after=${encodeURIComponent(body['next'] as string)}`;
  }
}
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const runOf = (n: number): RunRow => ({ ...RUN, id: `r${n}` });
const long = (): Door =>
  sampleDoor({
    approvals: async () => numbers(5).map((n) => ({ ...APPROVAL, id: `a${n}` })),
    overrides: async () => numbers(5).map((n) => ({ ...OVERRIDE, ref: `file/${n}` as const })),
    status: async () => ({
      version: 1,
      daemon: null,
      resources: numbers(5).map((n) => ({
        ref: `file/${n}`,
        ready: true,
        generation: 1,
        observedGeneration: 1,
        conditions: [],
      })),
      plugins: [],
      configError: null,
      store: 'ok',
    }),
    async runs({ limit = 50, after }) {
      const from = after === undefined ? 0 : Number(after.slice(1));
      return numbers(5)
        .slice(from, from + limit)
        .map(runOf);
    },
    async *events({ since = 0 }) {
      for (const n of numbers(5).slice(since)) yield event(n);
    },
  });

test.each([
  ['/api/status', 'resources', 'ref', 'file/'],
  ['/api/overrides', 'overrides', 'ref', 'file/'],
  ['/api/approvals', 'approvals', 'id', 'a'],
  ['/api/runs', 'runs', 'id', 'r'],
  ['/api/events', 'events', 'seq', ''],
])('%s comes in pages that together are the list', async (url, list, key, prefix) => {
  const socket = await serving(long());
  const keys = async (limit: number): Promise<unknown[][]> =>
    (await pages(socket, `${url}?limit=${limit}`, list)).map((page) =>
      page.map((one) => String((one as Record<string, string | number>)[key])),
    );
  const names = numbers(5).map((n) => `${prefix}${n}`);
  expect(await keys(2)).toEqual([names.slice(0, 2), names.slice(2, 4), names.slice(4)]);
  expect(await keys(5)).toEqual([names]);
  expect(await keys(1_000)).toEqual([names]);
});

test('a page has 100 items unless told, and what follows an item that is gone is told as moved', async () => {
  const socket = await serving(
    sampleDoor({ approvals: async () => numbers(250).map((n) => ({ ...APPROVAL, id: `a${n}` })) }),
  );
  expect((await pages(socket, '/api/approvals?', 'approvals')).map(({ length }) => length)).toEqual([100, 100, 50]);
  const gone = await ask(socket, 'GET', '/api/approvals?after=a999');
  expect(gone).toMatchObject({ status: 409, body: { code: 'LIST_MOVED', hint: expect.any(String) } });
});

test('what is no HTTP at all gets an answer of the same shape', async () => {
  const socket = await serving(sampleDoor());
  const said = async (text: string): Promise<string> => {
    const raw = connect(socket);
    raw.end(text);
    let answer = '';
    for await (const chunk of raw) answer += String(chunk);
    return answer;
  };
  const [head, body] = (await said('garbage\r\n\r\n')).split('\r\n\r\n');
  expect(head).toMatch(/^HTTP\/1.1 400 /);
  expect(JSON.parse(body!)).toMatchObject({ code: 'REQUEST_INVALID', message: expect.any(String) });
  const large = await said(`GET / HTTP/1.1\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);
  expect(large).toMatch(/^HTTP\/1.1 431 [^]*"code":"REQUEST_TOO_LARGE"/);
  expect((await ask(socket, 'GET', '/health')).status).toBe(200);
});
