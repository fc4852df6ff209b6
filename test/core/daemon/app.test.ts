// The app refuses what does not fit, in one shape, and changes nothing that it was sent.
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Door } from '../../../core/api/door.ts';
import { systemClock } from '../../../core/clock.ts';
import { serve } from '../../../core/daemon/serve.ts';
import { sampleDoor } from './sample-door.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});
async function serving(door: Door, clock = systemClock): Promise<string> {
  const stateDir = mkdtempSync(join(tmpdir(), 'realm-app-'));
  const holder = { pid: 1, version: '1.2.3', startedAt: 'then', holder: 'daemon' };
  const control = { door, holder, clock, stop: () => {} };
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
  ['PUT', '/api/status', undefined, 404, 'REQUEST_UNKNOWN', /PUT/],
  ['GET', '/api/status?reff=file/a', undefined, 400, 'REQUEST_INVALID', /unknown key reff/],
  ['GET', '/api/status?ref=nonsense', undefined, 400, 'REQUEST_INVALID', /ref must match/],
  ['GET', '/api/events?since=abc', undefined, 400, 'REQUEST_INVALID', /since must be integer/],
  ['GET', '/api/events?since=', undefined, 400, 'REQUEST_INVALID', /since must be integer/],
  ['GET', '/api/events?since=-1', undefined, 400, 'REQUEST_INVALID', /since must be >= 0/],
  ['GET', '/api/events?follow=1', undefined, 400, 'REQUEST_INVALID', /follow must be boolean/],
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
