// What an agent stands for, what is wrong with agents together, and how one is asked over HTTP.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Context, Resource } from '../../../core/plugin.ts';
import { askBeat } from '../../../plugins/agents/ask-beat.ts';
import { checkAgents } from '../../../plugins/agents/check.ts';
import { derive } from '../../../plugins/agents/derive.ts';
import { agentKind } from '../../../plugins/agents/kind.ts';
import { type Agent, Pulse } from '../../../plugins/agents/pulse.ts';
import type { AgentSpec } from '../../../plugins/agents/spec.ts';
import { specOf } from './world.ts';

const agent = (name: string, written: object = {}, more: Partial<Resource<AgentSpec>> = {}): Agent => ({
  ref: `agent/${name}`,
  name,
  spec: specOf({ home: `agents/${name}`, ...written }),
  generation: 1,
  labels: {},
  after: [],
  awaited: [],
  overrides: [],
  ...more,
});

test('it stands for its service, which comes after the same things and stops when its agent says so', () => {
  const after = [
    { ref: 'agent/y', until: 'Ready', onLoss: 'stop' },
    { ref: 'service/db', until: 'Log /up/', onLoss: 'ignore' },
  ] as const;
  const [service, ...others] = derive(
    agent('z', { env: { MODE: 'x' }, service: { stop: { grace: '1s' } } }, { after }),
  );
  expect(others).toEqual([]);
  expect(service).toMatchObject({
    ref: 'service/agent-z',
    spec: {
      command: ['z'],
      cwd: '/realm/agents/z',
      stop: { grace: '1s' },
      env: { MODE: 'x', REALM_AGENT: 'z', REALM_HOME: '/realm/agents/z' },
      after: {
        'agent/y': { until: 'ready', onLoss: 'stop' },
        'service/db': { until: { log: 'up' }, onLoss: 'ignore' },
        'agent/z': { until: 'started', onLoss: 'stop' },
      },
    },
  });
});

test('two in one home, and a death that is sooner than a beat, are refused', () => {
  const { check } = agentKind(new Pulse());
  const problems = check!([
    agent('z'),
    agent('jay', { home: 'agents/z/sub' }),
    agent('rick', { heartbeat: { every: '1m', deadAfter: '30s' } }),
  ]);
  expect(problems.map(({ ref, path }) => `${ref} ${path}`)).toEqual([
    'agent/jay home',
    'agent/rick heartbeat.deadAfter',
  ]);
});

test('the root of the machine holds every other home', () => {
  const { check } = agentKind(new Pulse());
  for (const all of [
    [agent('z', { home: '/srv/z' }), agent('d', { home: '/' })],
    [agent('d', { home: '/' }), agent('z', { home: '/srv/z' })],
  ])
    expect(check!(all).map(({ ref, path }) => `${ref} ${path}`)).toEqual([`${all[1]!.ref} home`]);
});

test('over HTTP: what answers with a 2xx lives, and may say what it does; anything else is silence', async () => {
  const answers = [
    [200, '{"state":"busy"}'],
    [204, ''],
    [200, 'pong'],
    [503, '{"state":"busy"}'],
  ] as const;
  let at = 0;
  const server = createServer((_request, response) => {
    const [status, body] = answers[at++]!;
    response.writeHead(status).end(body);
  });
  await new Promise<void>((over) => server.listen(0, '127.0.0.1', over));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const never = new AbortController();
  const ctx = {
    signal: never.signal,
    sleep: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((_over, stop) => signal.addEventListener('abort', () => stop(new Error('stopped')))),
  } as unknown as Context;
  const asked = agent('z', { port, heartbeat: { http: '/health' } });
  const said: unknown[] = [];
  for (const _ of answers) said.push(await askBeat(asked, ctx));
  expect(said).toEqual(['busy', null, null, undefined]);
  server.close();
  expect(await askBeat(agent('z', { port, heartbeat: { http: 'http://127.0.0.1:1/' } }), ctx)).toBeUndefined();
});

test('what could never be heard, and what its service would say twice, is refused where it stands', () => {
  const placesOf = (written: object): readonly string[] =>
    checkAgents([agent('z', written)]).map(({ path }) => path ?? '');
  for (const heartbeat of [{ file: false }, { file: false, token: false }])
    expect(placesOf({ heartbeat })).toEqual(['heartbeat']);
  expect(placesOf({ heartbeat: { http: '/health' } })).toEqual(['heartbeat.http']);
  for (const http of ['localhost:80/health', 'file:///etc/passwd', 'health', 'http://'])
    expect(placesOf({ port: 80, heartbeat: { http } }), http).toEqual(['heartbeat.http']);
  for (const heartbeat of [undefined, {}, { http: 'https://nas/health' }, { file: false, token: true }])
    expect(placesOf({ heartbeat })).toEqual([]);
  expect(placesOf({ port: 80, heartbeat: { http: '/health' } })).toEqual([]);
  const service = { env: { A: 'b' }, replicas: 3, cwd: '/', enabled: false, stop: { grace: '1s' } };
  expect(placesOf({ service })).toEqual(['service.env', 'service.replicas', 'service.cwd', 'service.enabled']);
});
