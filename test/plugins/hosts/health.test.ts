// How hosts and their services are, asked over the real loopback network.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { EVERY_MS, SOON_MS } from '../../../plugins/hosts/health.ts';
import { PROBE_MS } from '../../../plugins/hosts/probe.ts';
import { HANGS_MS, until } from '../../e2e/realm.ts';
import { serverWith, type Stage, stageOf } from './stage.ts';

const one = (services: string, address = '127.0.0.1') =>
  `hosts:\n  other: { address: ${address}, role: hybrid, services: { ${services} } }\n`;
/** The machine under test: what it asks stands on loopback, and is not itself. */
const STRANGER = { host: 'me' };
const withMe = (yaml: string): string => `${yaml}  me: { address: 192.0.2.1, role: hybrid }\n`;
/** Real answers need real time, in which hardly any of the clock's may pass. */
const soon = (stage: Stage, is: () => boolean, what: string): Promise<void> =>
  until(async () => is() || (await stage.realm.clock.advance(1), is()), HANGS_MS, what);
const hostOf = async (stage: Stage) => (await stage.list()).hosts[0]!;

test('health is asked below the port, not below the path, and several APIs of one port once', async () => {
  const asked: string[] = [];
  const { port } = await serverWith((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url === '/health' ? 200 : 404).end();
  });
  const yaml = one(`ledger: { port: ${port}, path: /api/ledger }, vault: { port: ${port}, path: /api }`);
  const { services, lastSeen, reachable } = await hostOf(await stageOf(withMe(yaml), STRANGER));
  expect(asked).toEqual(['/health']);
  expect(services).toMatchObject([
    { name: 'ledger', healthy: true, url: `http://127.0.0.1:${port}/api/ledger` },
    { name: 'vault', healthy: true },
  ]);
  expect([reachable, lastSeen]).toEqual([true, '2026-01-01T00:00:00.000Z']);
});

test('a host is not healthy because one of its services answers', async () => {
  const { port } = await serverWith((_request, response) => response.end());
  const { port: ill } = await serverWith((_request, response) => response.writeHead(503).end());
  const stage = await stageOf(withMe(one(`good: ${port}, bad: ${ill}`)), STRANGER, { purpose: 'daemon' });
  await stage.kernel.start();
  await soon(stage, () => stage.condition('host/other', 'Degraded') === 'True ServiceUnhealthy', 'a degraded host');
  expect(await hostOf(stage)).toMatchObject({
    reachable: true,
    services: [
      { name: 'good', healthy: true },
      { name: 'bad', healthy: false, why: 'HTTP 503 from /health' },
    ],
  });
  expect(stage.condition('host/other', 'Ready')).toBe('True Answers');
});

test.each([
  ['a health path of its own', '/healthz', (url: string) => (url === '/healthz' ? 204 : 404), true],
  ['a redirect', '/health', () => 302, true],
  ['no such path', '/health', () => 404, false],
])('%s', async (_what, health, statusOf, healthy) => {
  const { port } = await serverWith((request, response) => response.writeHead(statusOf(request.url ?? '')).end());
  const stage = await stageOf(withMe(one(`web: { port: ${port}, health: ${health} }`)), STRANGER);
  expect((await hostOf(stage)).services[0]).toMatchObject({ healthy });
});

test('tcp: a port that accepts is healthy, one where nothing listens is not, and the machine was there both times', async () => {
  const { port, server } = await serverWith(() => {});
  const stage = await stageOf(withMe(one(`db: { port: ${port}, protocol: tcp }`)), STRANGER);
  expect(await hostOf(stage)).toMatchObject({ reachable: true, services: [{ healthy: true }] });
  server.close();
  await new Promise((resolve) => connect(port, '127.0.0.1').on('error', resolve));
  await stage.realm.clock.advance(3 * 60_000); // what was heard counts for a while
  const down = { healthy: false, latencyMs: null, why: 'nothing listens on its port' };
  expect(await hostOf(stage)).toMatchObject({ reachable: true, services: [down] });
});

test('one that takes the question and never answers is given up after 5 s, also when it trickles', async () => {
  let questions = 0;
  const { port } = await serverWith((_request, response) => {
    questions++;
    response.writeHead(200);
    response.write('a');
  });
  const stage = await stageOf(withMe(one(`slow: ${port}`)), STRANGER);
  const listing = hostOf(stage);
  await until(() => questions === 1, HANGS_MS, 'the question');
  await stage.realm.clock.advance(5_000);
  expect((await listing).services[0]).toMatchObject({ healthy: false, why: 'no answer within 5 s' });
});

test('one lost answer is no lost host; two are, told once, and so is its return', async () => {
  let isUp = true;
  let asked = 0;
  const { port } = await serverWith((_request, response) => {
    asked++;
    if (isUp) response.end();
  });
  const stage = await stageOf(withMe(one(`web: ${port}`)), STRANGER, { purpose: 'daemon' });
  const { clock } = stage.realm;
  const becomes = (type: string, what: string) => soon(stage, () => stage.condition('host/other', type) === what, what);
  const round = async (): Promise<void> => {
    const before = asked;
    await clock.advance(EVERY_MS);
    await soon(stage, () => asked > before, 'the next question');
    if (!isUp) await clock.advance(PROBE_MS);
  };
  await stage.kernel.start();
  await becomes('Ready', 'True Answers');
  isUp = false;
  await round();
  await becomes('Degraded', 'True ServiceUnhealthy');
  expect(stage.condition('host/other', 'Reachable')).toBe('True Answers');
  await round();
  await becomes('Ready', 'False Unreachable');
  await round();
  expect(stage.events('host.unreachable')).toMatchObject([{ data: { why: 'web: no answer within 5 s' } }]);
  expect(stage.events('host.reachable')).toEqual([]);
  isUp = true;
  await round();
  await becomes('Ready', 'True Answers');
  expect(stage.events('host.reachable')).toHaveLength(1);
});

test('nobody there: never seen, and told; a service elsewhere is not asked for by its old address', async () => {
  const stage = await stageOf(withMe(one('web: 9', '240.0.0.1')), STRANGER, { purpose: 'daemon' });
  await stage.kernel.start();
  await until(
    async () => {
      await stage.realm.clock.advance(5_000);
      return stage.condition('host/other', 'Ready') === 'False Unreachable';
    },
    HANGS_MS,
    'the host to be unreachable',
  );
  expect(stage.events('host.unreachable')).toMatchObject([{ data: { ref: 'host/other', address: '240.0.0.1' } }]);
  expect(await hostOf(stage)).toMatchObject({ reachable: false, lastSeen: null });
  stage.realm.write('realm.config.yaml', `plugins: [hosts, file]\n${withMe(one('web: 9', '240.0.0.2'))}`);
  await stage.kernel.reload();
  await stage.realm.clock.advance(1);
  expect(stage.condition('host/other', 'Ready')).toBe('False NotAsked');
});

test('another plugin set is no news: what was known stands until somebody asks again', async () => {
  let asked = 0;
  const { port } = await serverWith((_request, response) => (asked++, response.end()));
  const yaml = withMe(one(`web: ${port}`));
  const stage = await stageOf(yaml, STRANGER, { purpose: 'daemon' });
  await stage.kernel.start();
  await soon(stage, () => stage.condition('host/other', 'Ready') === 'True Answers', 'the first answer');
  for (let round = 0; round < 6; round++) {
    const before = asked;
    await stage.realm.clock.advance(EVERY_MS);
    await soon(stage, () => asked > before, 'the next question');
  }
  const before = asked;
  stage.realm.write('realm.config.yaml', `plugins: [hosts, file, skills]\n${yaml}`);
  await stage.kernel.reload();
  await soon(stage, () => asked > before, 'a question of the other set');
  const news = stage
    .events('condition.changed')
    .map(({ data }) => data as { ref: string; type: string; reason: string });
  expect(news.filter(({ ref, type }) => ref === 'host/other' && type === 'Ready').map(({ reason }) => reason)).toEqual([
    'NotAsked',
    'Answers',
  ]);
});

test('what was heard long ago says nothing of now', async () => {
  const { port } = await serverWith((_request, response) => response.end());
  const stage = await stageOf(withMe(one(`web: ${port}`)), STRANGER);
  await stage.list();
  const door = stage.realm.door(stage.kernel);
  await door.apply({ actor: 'user:ann' });
  expect(stage.condition('host/other', 'Ready')).toBe('True Answers');
  await stage.realm.clock.advance(8 * 60_000);
  await door.apply({ actor: 'user:ann' });
  expect(stage.condition('host/other', 'Ready')).toBe('False NotAsked');
});

test('what is there and not healthy is asked again after 5 s: it may just be starting', async () => {
  let status = 503;
  const { port } = await serverWith((_request, response) => response.writeHead(status).end());
  const stage = await stageOf(withMe(one(`web: ${port}`)), STRANGER, { purpose: 'daemon' });
  await stage.kernel.start();
  const degraded = (): string | undefined => stage.condition('host/other', 'Degraded');
  await soon(stage, () => degraded() === 'True ServiceUnhealthy', 'an unhealthy service');
  status = 200;
  await stage.realm.clock.advance(SOON_MS);
  await soon(stage, () => degraded() !== 'True ServiceUnhealthy', 'a healthy one');
  expect(degraded()).toBe('False AsExpected');
});
