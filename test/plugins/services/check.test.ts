// What the loader refuses about services, and what replicas stand for.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RealmError } from '../../../core/errors.ts';
import { machineWith, yamlOf } from './machine.ts';
import { testRealm } from '../../core/kernel/realm.ts';

/** The findings about these services: path and sentence. */
async function faultsOf(services: string): Promise<readonly string[]> {
  const realm = testRealm({ 'realm.config.yaml': yamlOf(services) });
  try {
    const kernel = await realm.open();
    await realm.stop(kernel);
    return [];
  } catch (error) {
    if (!(error instanceof RealmError)) throw error;
    return error.diagnostics.map(({ at, message }) => `${at.path}: ${message}`);
  }
}

test.each([
  ['  a: { command: node web.js }', 'services.a.command', 'no shell reads it'],
  ['  a: { command: [node, web.js], shell: true }', 'services.a.command', 'one text'],
  ['  a: { command: [" "] }', 'services.a.command', 'empty'],
  ['  a: { command: [x], ready: { http: /health } }', 'services.a.ready', 'no `port`'],
  ['  a: { command: [x], port: 80, ready: { http: health } }', 'services.a.ready', 'begins with /'],
  ['  a: { command: [x], port: 80, ready: { tcp: true, file: x } }', 'services.a.ready', 'tcp and file'],
  ['  a: { command: [x], ready: {} }', 'services.a.ready', 'none'],
  ['  a: { command: [x], ready: { log: "(" } }', 'services.a.ready.log', ''],
  ['  a: { command: [x], type: once, live: { file: x } }', 'services.a.live', 'once'],
  ['  a: { command: [x], type: once, replicas: 2 }', 'services.a.replicas', 'once'],
  ['  a: { command: [x], port: 80 }\n  b: { command: [x], ports: [80] }', 'services.b.ports', 'taken by service/a'],
  ['  a: { command: [x], port: 80, replicas: 3 }\n  b: { command: [x], port: 82 }', 'services.', 'port 82 is taken by'],
  ['  a: { command: [x], restart: { backoff: 5m..1s } }', 'services.a.restart', ''],
])('%s', async (services, path, words) => {
  const faults = await faultsOf(`${services}\n`);
  expect(faults.join('\n')).toContain(words);
  expect(faults[0]).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}`));
});

test('two services of one port on two hosts are fine', async () => {
  expect(
    await faultsOf('  a: { command: [x], port: 80, host: one }\n  b: { command: [x], port: 80, host: two }\n'),
  ).toEqual([]);
});

test('replicas run beside it: each with its own port and number, after the same things, and go with it', async () => {
  const WEB =
    '  web: { command: [web], replicas: 3, port: 47110, env: { A: "${secret:s}" }, stop: { grace: 90s }, after: { service/db: started } }\n';
  const machine = await machineWith(`  db: { command: [db] }\n${WEB}`, 1, ({ root }) => {
    writeFileSync(join(root, 'secret'), 'hush-hush', { mode: 0o600 });
  });
  onTestFinished(() => machine.close());
  await machine.pass(500);
  expect(machine.running('web'), machine.message('web')).toHaveLength(3);
  const specs = machine.kernel.scene.resources('service').map(({ name, spec, after }) => ({ name, spec, after }));
  expect(specs.map(({ name }) => name)).toEqual(['db', 'web', 'web-2', 'web-3']);
  expect(specs[3]).toMatchObject({
    spec: { port: 47112, replicas: 1, stop: { grace: 90_000 }, env: { REPLICA: '3', A: { name: 's' } } },
    after: [{ ref: 'service/db', until: 'Started', onLoss: 'ignore' }],
  });
  await machine.edit(`  db: { command: [db] }\n${WEB.replace('replicas: 3', 'replicas: 2')}`);
  await machine.pass(1_000);
  expect(machine.running('web')).toHaveLength(2);
  expect(machine.begun('web')).toBe(3);
});
