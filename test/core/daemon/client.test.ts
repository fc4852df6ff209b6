// The door over a real socket gives what the door behind it gives: values, errors, streams, and the end of either side.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Door } from '../../../core/api/door.ts';
import { sleep, systemClock } from '../../../core/clock.ts';
import type { DaemonDoor } from '../../../core/daemon/client.ts';
import { connectDoor } from '../../../core/daemon/client.ts';
import type { Lease } from '../../../core/daemon/lease.ts';
import { acquire } from '../../../core/daemon/lease.ts';
import type { Control } from '../../../core/daemon/route.ts';
import type { Served } from '../../../core/daemon/serve.ts';
import { serve } from '../../../core/daemon/serve.ts';
import { socketPath } from '../../../core/daemon/socket-path.ts';
import { VERSION } from '../../../core/kernel/version.ts';
import { systemRandom } from '../../../core/random.ts';
import { APPROVAL, event, OVERRIDE, PLAN, RUN, sampleDoor, SOURCE } from './sample-door.ts';

let stateDir: string;
let lease: Lease;
const ends: (() => Promise<unknown> | unknown)[] = [];
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'realm-client-'));
  const signal = new AbortController().signal;
  lease = await acquire({ stateDir, purpose: 'daemon', signal, clock: systemClock, random: systemRandom });
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  await lease.release();
  rmSync(stateDir, { recursive: true, force: true });
});

const holder = { pid: process.pid, version: VERSION, startedAt: '2026-11-21T00:00:00.000Z', holder: 'daemon' };
const controlOf = (door: Door, more: Partial<Control> = {}): Control => ({
  door,
  holder,
  clock: systemClock,
  source: () => SOURCE,
  stop: () => {},
  ...more,
});
async function serving(door: Door, more: Partial<Control> = {}): Promise<Served> {
  const served = await serve({
    stateDir,
    control: controlOf(door, more),
    onError: (error) => expect.fail(String(error)),
  });
  ends.push(() => served.close(AbortSignal.abort()));
  return served;
}
async function connected(): Promise<DaemonDoor> {
  const door = await connectDoor(stateDir);
  if (door === undefined) throw new Error('nobody holds it');
  ends.push(() => door.close());
  return door;
}
const collect = async (items: AsyncIterable<unknown>): Promise<unknown[]> => {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
};
async function until(what: () => boolean): Promise<void> {
  const deadline = systemClock.now() + 60_000;
  while (!what()) {
    if (systemClock.now() > deadline) throw new Error(`waited too long for ${String(what)}`);
    await sleep(systemClock, 5);
  }
}

test('each call arrives as it was made and its answer comes back as it was given', async () => {
  const behind = sampleDoor();
  await serving(behind);
  const door = await connected();
  expect(door.skew).toBeUndefined();
  expect(await door.status('file/a%b')).toMatchObject({ version: 1, resources: [] });
  expect(await door.plan({ target: ['file/*', 'service/web'] })).toEqual(PLAN);
  expect(await door.drift({ target: ['file/*'], exclude: [] })).toEqual(PLAN);
  expect((await door.why('file/100%/ä?')).ref).toBe('file/100%/ä?');
  expect(await door.runs({ state: 'running', limit: 5 })).toEqual([RUN]);
  expect(await door.source()).toEqual(SOURCE);
  expect(await door.overrides()).toEqual([OVERRIDE]);
  expect(await door.approvals()).toEqual([APPROVAL]);
  expect(await door.actions()).toEqual([]);
  expect(await door.cancel('r/1', 'enough', 'user:ann')).toMatchObject({ state: 'cancelled' });
  const { ref, effect, actor } = OVERRIDE;
  expect(await door.setOverride({ ref, effect, why: 'w', until: '2027-01-01T00:00:00.000Z', actor })).toEqual(OVERRIDE);
  expect(await door.clearOverride({ ref, effect, why: 'w', actor })).toBeUndefined();
  expect(await door.answer('a1', 'approved', 'fine', actor)).toMatchObject({ state: 'approved' });
  expect(await door.invoke('demo.work', { n: 1 }, actor)).toEqual({ said: 'yes' });
  expect(behind.heard).toEqual([
    ['status', 'file/a%b'],
    ['plan', { target: ['file/*', 'service/web'] }],
    ['drift', { target: ['file/*'] }],
    ['why', 'file/100%/ä?'],
    ['runs', { state: 'running', limit: 6 }], // one more than the page holds says whether there is another
    ['overrides'],
    ['approvals'],
    ['actions'],
    ['cancel', 'r/1', 'enough', 'user:ann'],
    ['setOverride', { ref, effect, why: 'w', until: '2027-01-01T00:00:00.000Z', actor }],
    ['clearOverride', { ref, effect, why: 'w', actor }],
    ['answer', 'a1', 'approved', 'fine', 'user:ann'],
    ['invoke', 'demo.work', { n: 1 }, 'user:ann'],
  ]);
});

test('an error keeps its code, message, hint and place', async () => {
  await serving(sampleDoor());
  const error = await (await connected()).why('file/nope').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'REF_UNKNOWN', message: 'no file/nope', hint: 'realm status' });
  expect(error).toMatchObject({ at: { file: '/r/realm.config.yaml', line: 3, column: 5, path: 'files.nope' } });
});

test('a defect behind the door is told as such, without its stack', async () => {
  await serving(sampleDoor({ overrides: () => Promise.reject(new TypeError('x is undefined')) }));
  await expect((await connected()).overrides()).rejects.toMatchObject({ code: 'INTERNAL', message: 'x is undefined' });
});

test('events: some, then the end; with follow, until the reader leaves', async () => {
  const behind = sampleDoor();
  await serving(behind);
  const door = await connected();
  expect(await collect(door.events({ since: 40 }))).toEqual([event(41), event(42)]);
  const leave = new AbortController();
  const seen: number[] = [];
  for await (const { seq } of door.events({ follow: true }, leave.signal)) {
    seen.push(seq);
    if (seq === 2) leave.abort();
  }
  expect(seen).toEqual([1, 2]);
  await until(() => behind.heard.filter(([name]) => name === 'events ended').length === 2);
});

test('a reader that breaks out of the loop ends the source too', async () => {
  const behind = sampleDoor();
  await serving(behind);
  for await (const _ of (await connected()).events({ follow: true })) break;
  await until(() => behind.heard.some(([name]) => name === 'events ended'));
});

test('a stream passes any item, and its error comes after them', async () => {
  await serving(sampleDoor());
  const seen: unknown[] = [];
  const read = async (): Promise<void> => {
    const items = (await connected()).stream('demo.items', { a: [1] }, new AbortController().signal);
    for await (const item of items) seen.push(item);
  };
  await expect(read()).rejects.toMatchObject({ code: 'ACTION_FAILED', message: 'the stream broke' });
  expect(seen).toEqual([{ a: [1] }, 'plain']);
});

test('apply tells progress and ends with its report', async () => {
  const behind = sampleDoor();
  await serving(behind);
  const steps: unknown[] = [];
  const query = { target: ['file/*'], plan: PLAN, confirmed: true, timeoutMs: 5, actor: 'user:ann' };
  const report = await (await connected()).apply(query, (step) => steps.push(step));
  expect(report.steps[0]).toMatchObject({ end: 'applied' });
  expect(steps).toEqual([{ ref: 'file/motd', phase: 'looking' }]);
  expect(behind.heard).toEqual([['apply', query]]);
});

test('a reader that takes nothing stalls neither the apply nor the others, and is told how much it missed', async () => {
  const MANY = 50_000;
  let isOver = false;
  const behind = sampleDoor({
    async apply(_, tell) {
      for (let n = 0; n < MANY; n++) {
        tell?.({ ref: 'file/motd', phase: `${n} ${'x'.repeat(200)}` });
        if (n % 1_000 === 0) await sleep(systemClock, 0);
      }
      isOver = true;
      return { version: 1, steps: [], watched: true };
    },
  });
  await serving(behind);
  const asked = request({ socketPath: socketPath(stateDir), method: 'POST', path: '/api/apply', headers: JSON_TYPE });
  asked.end('{}');
  const response = await new Promise<IncomingMessage>((resolve) => asked.once('response', resolve));
  response.pause();
  await until(() => isOver);
  expect(await (await connected()).overrides()).toEqual([OVERRIDE]);
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const told = lines.filter((line) => 'item' in line).length;
  const dropped = lines.reduce((sum, line) => sum + Number(line['dropped'] ?? 0), 0);
  expect(dropped).toBeGreaterThan(0);
  expect(told + dropped).toBe(MANY);
  expect(lines.at(-1)).toEqual({ report: { version: 1, steps: [], watched: true } });
});
const JSON_TYPE = { 'content-type': 'application/json' };

test('a list of many pages arrives whole and in order, also when it moves while it is read', async () => {
  const ids = Array.from({ length: 2_500 }, (_, n) => `a${n}`);
  const left = ids.filter((id) => id !== 'a999'); // gone after the first page, which ends with it
  let seen = 0;
  const approvals = async () => (seen++ === 0 ? ids : left).map((id) => ({ ...APPROVAL, id }));
  const runs: Door['runs'] = async ({ limit = 0, after }) => {
    const from = after === undefined ? 0 : Number(after) + 1;
    return Array.from({ length: Math.min(limit, 3_000 - from) }, (_, n) => ({ ...RUN, id: String(from + n) }));
  };
  await serving(sampleDoor({ approvals, runs }));
  const door = await connected();
  expect((await door.approvals()).map(({ id }) => id)).toEqual(left);
  expect((await door.runs({})).length).toBe(50);
  const many = await door.runs({ limit: 2_345 });
  expect([many.length, many.at(-1)?.id]).toEqual([2_345, '2344']);
  expect((await door.runs({ limit: 9_999 })).length).toBe(3_000);
});

test('nobody holds the realm: no door', async () => {
  await lease.release();
  expect(await connectDoor(stateDir)).toBeUndefined();
});

test('a holder that does not listen is unreachable, by name', async () => {
  const error = await connectDoor(stateDir, { patienceMs: 100 }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'DAEMON_UNREACHABLE' });
  expect(String(error)).toContain(`process ${process.pid} (daemon)`);
});

test('a holder that listens a little later is waited for', async () => {
  const door = connectDoor(stateDir, { patienceMs: 60_000 });
  await sleep(systemClock, 100); // some tries fail before there is a socket
  await serving(sampleDoor());
  await (await door)!.close();
});

test.each(['', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nwhatever!', 'garbage\r\n\r\n'])(
  'something else on the socket (%j) is unreachable, not a crash',
  async (answer) => {
    const other = createServer(
      (socket) =>
        void socket
          .on('error', () => {})
          .resume()
          .end(answer),
    ).listen(socketPath(stateDir));
    ends.push(() => new Promise((resolve) => other.close(resolve)));
    await expect(connectDoor(stateDir, { patienceMs: 200 })).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
  },
);

test('a daemon that ends in the middle of an apply or of a stream is told', async () => {
  const behind = sampleDoor({ apply: () => new Promise(() => {}) });
  const served = await serving(behind);
  const door = await connected();
  const applied = door.apply({ actor: 'user:ann' });
  const followed = (async () => {
    for await (const { seq } of door.events({ follow: true })) if (seq === 2) await served.close(AbortSignal.abort());
  })();
  await expect(applied).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
  await expect(followed).rejects.toMatchObject({ code: 'DAEMON_UNREACHABLE' });
});

test('another version is told; with other shapes only stop is left', async () => {
  const old = { ...holder, version: '0.0.1' };
  let stopped = '';
  await serving(sampleDoor(), { holder: old, stop: (reason) => (stopped = reason) });
  const door = await connected();
  expect(door.skew).toMatchObject({ code: 'DAEMON_VERSION', hint: 'realm up --restart' });
  expect(door.skew?.message).toContain('0.0.1');
  expect(await door.overrides()).toEqual([OVERRIDE]);
  await door.stop('test');
  expect(stopped).toBe('test');
});

test('reload is asked of whoever watches', async () => {
  const served = await serving(sampleDoor());
  const door = await connected();
  await expect(door.reload()).rejects.toMatchObject({ code: 'DAEMON_ABSENT' });
  await served.swap(controlOf(sampleDoor(), { reload: async () => ({ ok: false, code: 'X', message: 'bad' }) }));
  expect(await door.reload()).toEqual({ ok: false, code: 'X', message: 'bad' });
});

test('a process that may neither write nor spawn can look through the socket', async () => {
  await serving(sampleDoor());
  const client = new URL('../../../core/daemon/client.ts', import.meta.url).pathname;
  const script = `const { connectDoor } = await import(${JSON.stringify(client)});
    const door = await connectDoor(${JSON.stringify(stateDir)});
    console.log(JSON.stringify(await door.overrides())); await door.close();`;
  const flags = ['--permission', '--allow-fs-read=*', '--allow-net', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  await once(child, 'close');
  expect(JSON.parse(said)).toEqual([OVERRIDE]);
});
