// A state without room: all hosts are asked and told of all the same, each once.
import { expect, test } from 'vitest';
import { type Context, RealmError } from '../../../core/plugin.ts';
import { Health } from '../../../plugins/hosts/health.ts';
import { hostsOf } from '../../../plugins/hosts/selves.ts';
import { freePort } from '../../free-port.ts';
import { stageOf } from './stage.ts';

test('what cannot be written of one host keeps none from its turn, and is written once there is room', async () => {
  const port = await freePort();
  const host = (name: string): string =>
    `  ${name}: { address: 127.0.0.1, role: hybrid, services: { web${name}: { port: ${port}, protocol: tcp } } }\n`;
  const stage = await stageOf(`hosts:\n${host('a')}${host('b')}`, { host: 'a' });
  const given = stage.ctx();
  const state = { isFull: true };
  const written = (write: () => void): void => {
    if (state.isFull) throw new RealmError('STORE_FULL', 'no room');
    write();
  };
  const { rows } = given;
  const ctx = {
    signal: given.signal,
    now: () => given.now(),
    sleep: (ms: number, signal?: AbortSignal) => given.sleep(ms, signal),
    emit: () => {},
    rows: {
      get: (key: string) => rows.get(key),
      list: (prefix: string) => rows.list(prefix),
      set: (key: string, value: unknown) => written(() => rows.set(key, value)),
      delete: (key: string) => written(() => rows.delete(key)),
    },
  } as unknown as Context;
  rows.set('health/gone', {});
  const hosts = hostsOf(given);
  const health = new Health();
  await health.ask(hosts, 'a', ctx);
  expect(health.keep(hosts, ctx)).toEqual(['host/a', 'host/b']);
  expect(health.keep(hosts, ctx)).toEqual([]);
  expect(rows.list('health/').map(({ key }) => key)).toEqual(['health/gone']);
  state.isFull = false;
  expect(health.keep(hosts, ctx)).toEqual([]);
  expect(rows.list('health/').map(({ key }) => key)).toEqual(['health/a', 'health/b']);
});
