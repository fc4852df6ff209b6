// The URL of a service and why: the local host, then by role, then the first.
import { expect, test } from 'vitest';
import { stageOf, TWO_HOSTS } from './stage.ts';

const BASE = 'http://192.0.2.10:8767';

test('from a machine that is not registered: by address, with the path', async () => {
  const { resolve } = await stageOf(TWO_HOSTS);
  expect((await resolve('vault')).url).toBe(`${BASE}/api`);
  expect(await resolve('ledger')).toMatchObject({ host: '4090', url: `${BASE}/api/ledger`, others: [] });
  expect((await resolve('training')).url).toBe(`${BASE}/api/training`);
  expect((await resolve('tavern')).url).toBe('http://192.0.2.10:8888');
  expect(await resolve('inference')).toMatchObject({ host: '3090', url: 'http://192.0.2.20:8765' });
});

test('what this machine offers is at localhost', async () => {
  const { resolve } = await stageOf(TWO_HOSTS, { addresses: ['192.0.2.10'] });
  const { url, why } = await resolve('ledger');
  expect([url, why]).toEqual(['http://localhost:8767/api/ledger', expect.stringContaining('192.0.2.10')]);
  expect((await resolve('inference')).url).toBe('http://192.0.2.20:8765');
});

const ALL = `hosts:
  nas: { address: 192.0.2.1, role: storage, services: { ledger: 1, vault: 2, training: 3, inference: 4, wiki: 5 } }
  3090: { address: 192.0.2.2, role: inference, services: { ledger: 1, inference: 4, wiki: 5 } }
  4090: { address: 192.0.2.3, role: trainer, services: { ledger: 1, vault: 2, training: 3, inference: 4 } }
`;

test.each([
  ['ledger', '4090'],
  ['vault', '4090'],
  ['training', '4090'],
  ['inference', '3090'],
  ['wiki', 'nas'],
])('%s is asked of %s when several hosts offer it', async (service, host) => {
  const { resolve } = await stageOf(ALL);
  const found = await resolve(service);
  expect(found.host).toBe(host);
  expect(found.others.map((other) => other.host)).not.toContain(host);
});

test('the local one comes before the role, and the one that is asked for before all', async () => {
  const { resolve } = await stageOf(ALL, { addresses: ['192.0.2.1'] });
  expect(await resolve('ledger')).toMatchObject({ host: 'nas', url: 'http://localhost:1' });
  expect(await resolve('ledger', '3090')).toMatchObject({ host: '3090', url: 'http://192.0.2.2:1' });
});

test('IPv6 stands in brackets; https and tcp are said', async () => {
  const yaml = `hosts:
  six: { address: "2001:db8::7", role: hybrid, services: { a: { port: 1, protocol: https, path: /x }, b: { port: 2, protocol: tcp } } }
`;
  const { resolve } = await stageOf(yaml);
  expect((await resolve('a')).url).toBe('https://[2001:db8::7]:1/x');
  expect((await resolve('b')).url).toBe('tcp://[2001:db8::7]:2');
});

test.each([
  ['lodger', undefined, /no host offers lodger/, 'ledger'],
  ['inference', '4090', /4090 does not offer inference/, '3090'],
  ['inference', '2080', /2080 is not declared/, '4090, 3090'],
])('%s at %s is refused with what there is instead', async (service, host, message, hint) => {
  const { resolve } = await stageOf(TWO_HOSTS);
  const refused = {
    code: 'SERVICE_UNRESOLVED',
    message: expect.stringMatching(message),
    hint: expect.stringContaining(hint),
  };
  await expect(resolve(service, host)).rejects.toMatchObject(refused);
});
