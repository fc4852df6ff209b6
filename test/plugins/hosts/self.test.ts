// Which host this machine is: told, or found by addresses and names, and never guessed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NameServer, remember, selfAmong } from '../../../plugins/hosts/self.ts';
import { hostsOf } from '../../../plugins/hosts/selves.ts';
import type { Host } from '../../../plugins/hosts/spec.ts';
import { NOBODY, stageOf, TWO_HOSTS } from './stage.ts';

const own = (...addresses: string[]) => ({ addresses: ['127.0.0.1', '::1', ...addresses] });
const nowhere: NameServer = async () => [];

async function selfOf(yaml: string, machine: Partial<typeof NOBODY>, names: NameServer = nowhere) {
  const { ctx } = await stageOf(yaml, machine);
  return selfAmong(hostsOf(ctx()), ctx(), names);
}

test('a machine that nobody declared is not registered, and least of all the trainer', async () => {
  expect(await selfOf(TWO_HOSTS, NOBODY)).toMatchObject({ id: null, among: [] });
  const { list } = await stageOf(TWO_HOSTS.replaceAll('192.0.2.', '127.0.0.'), { addresses: [] });
  expect(await list()).toMatchObject({ self: null });
});

test.each([
  ['IPv4', '192.0.2.10', own('10.1.1.1', '192.0.2.10')],
  ['IPv6', '2001:DB8::7', own('2001:db8::7')],
  ['IPv6 with a zone', 'fe80::1', own('fe80::1%eth0')],
  ['a loopback name', 'localhost', NOBODY],
  ['loopback', '127.0.0.1', NOBODY],
  ['IPv6 loopback', '::1', NOBODY],
  ['its own name', 'Laptop', NOBODY],
  ['its full name', 'laptop.lan.', { names: ['laptop', 'laptop.lan'] }],
])('found by %s', async (_what, address, machine) => {
  const yaml = `hosts:\n  one: { address: "${address}" }\n  two: { address: 192.0.2.99 }\n`;
  expect(await selfOf(yaml, machine)).toMatchObject({ id: 'one', among: [] });
});

test('a machine that is called like the key of a host, at another address, is not that host', async () => {
  const yaml = 'hosts:\n  laptop: { address: 192.0.2.1 }\n  two: { address: 192.0.2.99 }\n';
  expect(await selfOf(yaml, NOBODY)).toMatchObject({ id: null });
});

test('found by what a name server says of an address; one that does not answer in time is not waited for', async () => {
  const yaml = 'hosts:\n  one: { address: one.example }\n  two: { address: two.example }\n';
  const names: NameServer = async (name) => [{ address: name === 'two.example' ? '192.0.2.7' : '192.0.2.8' }];
  expect(await selfOf(yaml, own('192.0.2.7'), names)).toMatchObject({ id: 'two' });

  const tunnel: NameServer = async () => [{ address: '127.0.0.1' }, { address: '::1' }];
  expect(await selfOf(yaml, own('192.0.2.7'), tunnel)).toMatchObject({ id: null });

  const { ctx, realm } = await stageOf(yaml, own('192.0.2.7'));
  const waiting = selfAmong(hostsOf(ctx()), ctx(), () => new Promise(() => {}));
  await realm.clock.advance(2_000);
  expect(await waiting).toMatchObject({ id: null });
});

test('a word of the operator wins over addresses; one that names nothing is refused with what there is', async () => {
  expect(await selfOf(TWO_HOSTS, { ...own('192.0.2.10'), host: '3090' })).toMatchObject({ id: '3090' });
  const { resolve } = await stageOf(TWO_HOSTS, { host: '2080' });
  await expect(resolve('ledger')).rejects.toMatchObject({
    code: 'HOST_UNKNOWN',
    hint: expect.stringContaining('4090, 3090'),
  });
});

test('two hosts that could both be this machine are both named, and neither is chosen', async () => {
  const both = own('192.0.2.10', '192.0.2.20');
  const self = await selfOf(TWO_HOSTS, both);
  expect(self).toMatchObject({ id: null, among: ['4090', '3090'] });
  expect(self.why).toMatch(/4090 .*192\.0\.2\.10.* and 3090 .*192\.0\.2\.20.*REALM_HOST/);
});

test('a machine that loses its network is still itself, and another machine with a copy of its state is not', async () => {
  const { ctx, be } = await stageOf(TWO_HOSTS, own('192.0.2.10'));
  const look = () => selfAmong(hostsOf(ctx()), ctx(), nowhere);
  remember(await look(), hostsOf(ctx()), ctx());
  be(NOBODY);
  expect(await look()).toMatchObject({ id: '4090' });
  be({ names: ['other'] });
  expect(await look()).toMatchObject({ id: null });
  be(own('192.0.2.20'));
  expect(await look()).toMatchObject({ id: '3090' });
});

test('of machines with addresses of their own no two are ever the same host, whatever is declared', async () => {
  const { ctx, be } = await stageOf('');
  const address = fc.integer({ min: 1, max: 12 }).map((last) => `192.0.2.${last}`);
  const name = fc.constantFrom('a', 'b', 'c', 'a.lan', 'trainer');
  const hosts = fc.uniqueArray(fc.tuple(name, fc.oneof(address, name)), { selector: ([id]) => id, maxLength: 5 });
  const machines = fc.tuple(
    fc.uniqueArray(address, { maxLength: 8 }),
    fc.uniqueArray(name, { minLength: 2, maxLength: 2 }),
    fc.integer({ min: 0, max: 8 }),
  );
  let registered = 0;
  await fc.assert(
    fc.asyncProperty(hosts, machines, async (declared, [addresses, names, cut]) => {
      const all = declared.map(([id, where]) => ({ name: id, spec: { address: where, role: 'trainer' } }) as Host);
      const found: (string | null)[] = [];
      for (const [index, own] of [addresses.slice(0, cut), addresses.slice(cut)].entries()) {
        const mine: readonly string[] = [...own, names[index]!];
        be({ addresses: ['127.0.0.1', ...own], names: [names[index]!] });
        const { id, among } = await selfAmong(all, ctx(), nowhere);
        const meant = all.filter(({ spec }) => mine.includes(spec.address)).map((host) => host.name);
        expect([id, among]).toEqual(meant.length === 1 ? [meant[0], []] : [null, meant]);
        found.push(id);
      }
      if (found[0] !== null) registered++;
      expect(found[0] === null || found[0] !== found[1]).toBe(true);
    }),
  );
  expect(registered).toBeGreaterThan(0);
});
