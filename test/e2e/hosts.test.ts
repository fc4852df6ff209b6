// Hosts by the real command line: which one this is, where services are and why, and what lives elsewhere.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';

const TWO = `plugins: [hosts, file]
hosts:
  4090:
    name: Training Server
    address: 192.0.2.10
    role: trainer
    services:
      vault: { port: 8767, path: /api }
      ledger: { port: 8767, path: /api/ledger }
      training: { port: 8767, path: /api/training }
      tavern: 8888
  3090: { address: 192.0.2.20, role: inference, services: { inference: 8765 } }
`;
const json = (text: string): unknown => JSON.parse(text);

test('a service is resolved by address with its path; this machine is neither host until it is told so', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': TWO });
  const ledger = await realm(dir, ['resolve', 'ledger']);
  expect([ledger.code, ledger.stdout]).toEqual([0, expect.stringContaining('http://192.0.2.10:8767/api/ledger')]);
  expect(ledger.stdout).toContain('only 4090 offers it');
  const told = await realm(dir, ['resolve', 'ledger', '--json'], { env: { REALM_HOST: '4090' } });
  expect(json(told.stdout)).toMatchObject({ version: 1, host: '4090', url: 'http://localhost:8767/api/ledger' });
  const elsewhere = await realm(dir, ['resolve', 'ledger', '--host', '3090']);
  expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('SERVICE_UNRESOLVED')]);
  const wrong = await realm(dir, ['resolve', 'ledger'], { env: { REALM_HOST: '2080' } });
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('HOST_UNKNOWN')]);
});

test('`realm hosts` has the shape that others rely on, and asks when nobody watches', async () => {
  const server = createServer((request, response) => response.writeHead(request.url === '/health' ? 200 : 404).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const yaml = `plugins: [hosts]
hosts:
  4090: { name: Big, address: 127.0.0.1, role: trainer, services: { ledger: { port: ${port}, path: /api/ledger } } }
`;
  const dir = await tempRealm({ 'realm.config.yaml': yaml });
  const asked = await realm(dir, ['hosts', '--json']);
  const shape = {
    version: 1,
    self: '4090',
    hosts: [
      {
        id: '4090',
        name: 'Big',
        address: '127.0.0.1',
        role: 'trainer',
        reachable: true,
        lastSeen: expect.stringMatching(/^\d{4}-.*Z$/),
        services: [
          {
            name: 'ledger',
            url: `http://127.0.0.1:${port}/api/ledger`,
            healthy: true,
            latencyMs: expect.any(Number),
          },
        ],
      },
    ],
  };
  expect(json(asked.stdout)).toMatchObject(shape);
  expect(json(asked.stdout)).not.toHaveProperty('text');
  const { stdout } = await realm(dir, ['hosts']);
  expect(stdout).toMatch(/✓ 4090 \(Big\) +127\.0\.0\.1 .*this machine\n +✓ ledger +http/);
  expect((await realm(dir, ['up', '--yes'])).code).toBe(0);
  const isHealthy = async (): Promise<boolean> => {
    const { stdout: text } = await realm(dir, ['hosts', '--json']);
    return text.includes('"healthy": true');
  };
  await until(isHealthy, HANGS_MS, 'the daemon to know how the service is');
  expect((await realm(dir, ['down'])).code).toBe(0);
});

test('each host makes its own share of one config, by flag or by environment, and a daemon keeps the word', async () => {
  const yaml = `${TWO}files:
  a: { path: a, text: a, host: 4090 }
  b: { path: b, text: b, host: "3090" }
`;
  const dir = await tempRealm({ 'realm.config.yaml': yaml });
  const has = (): boolean[] => ['a', 'b'].map((name) => existsSync(join(dir, name)));
  const nobody = await realm(dir, ['apply', '--yes']);
  expect([nobody.code, has()]).toEqual([0, [false, false]]);
  const plan = await realm(dir, ['plan', '--host', '4090']);
  expect([plan.code, plan.stdout]).toEqual([2, expect.stringContaining('file/b  lives on 3090')]);
  expect((await realm(dir, ['apply', '--yes', '--host', '4090'])).code).toBe(0);
  expect(has()).toEqual([true, false]);
  expect((await realm(dir, ['up', '--yes', '--host=3090'])).code).toBe(0);
  await until(() => has()[1]!, HANGS_MS, 'the daemon to make the share of 3090');
  const known = await realm(dir, ['hosts', '--json']);
  expect(json(known.stdout)).toMatchObject({ self: '3090' });
  expect(has()).toEqual([true, true]);
});

test('two hosts at one address: nobody is chosen, and the plan is not complete', async () => {
  const yaml = `plugins: [hosts, file]
hosts: { one: { address: 127.0.0.1 }, two: { address: localhost } }
files: { a: { path: a, text: a, host: one } }
`;
  const dir = await tempRealm({ 'realm.config.yaml': yaml });
  const plan = await realm(dir, ['plan']);
  expect([plan.code, plan.stdout]).toEqual([1, expect.stringMatching(/file\/a .*one .*127\.0\.0\.1.* and two/s)]);
  const said = await realm(dir, ['plan'], { env: { REALM_HOST: 'one' } });
  expect(said.code).toBe(2);
});

test('examples/hosts: one file, and each machine has its own share of it', async () => {
  const text = await readFile(join(import.meta.dirname, '../../examples/hosts/realm.config.yaml'), 'utf8');
  const dir = await tempRealm({ 'realm.config.yaml': text });
  const ledger = await realm(dir, ['resolve', 'ledger', '--json']);
  expect(json(ledger.stdout)).toMatchObject({ url: 'http://192.0.2.10:8767/api/ledger' });
  const desk = await realm(dir, ['plan']);
  expect(desk.stdout).toMatch(/\+ file\/notes.*· service\/inference {2}lives on 3090/s);
  const other = await realm(dir, ['plan', '--host', '3090']);
  expect(other.stdout).toMatch(/\+ service\/inference.*· file\/notes {2}lives on desk/s);
  await writeFile(join(dir, 'realm.config.yaml'), text.replace('    host: 3090', '    host: 4090'));
  const unable = await realm(dir, ['validate']);
  expect([unable.code, unable.stdout + unable.stderr]).toEqual([
    1,
    expect.stringMatching(/HOST_UNABLE.*hosts that can: 3090/is),
  ]);
});
