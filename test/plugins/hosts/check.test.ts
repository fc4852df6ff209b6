// What is wrong with hosts before anything is asked.
import { expect, test } from 'vitest';
import { stageOf } from './stage.ts';

const host = (services: string, more = 'role: hybrid'): string =>
  `hosts:\n  one: { address: 192.0.2.1, ${more}, services: { ${services} } }\n`;

test.each([
  ['two on one port', 'a: 80, b: 80', /b is at port 80, as a is/],
  ['two on one port and path', 'a: { port: 80, path: /x }, b: { port: 80, path: /x }', /b is at port 80\/x, as a is/],
  [
    'one port, two protocols',
    'a: 80, b: { port: 80, protocol: https, path: /b }',
    /speaks https for b, and http for a/,
  ],
])('%s is refused', async (_what, services, message) => {
  await expect(stageOf(host(services))).rejects.toMatchObject({
    diagnostics: [
      { code: 'CONFIG_CHECK', message: expect.stringMatching(message), at: { path: 'hosts.one.services.b' } },
    ],
  });
});

test('one port may carry several APIs, and two hosts may use the same one', async () => {
  const both = `${host('a: { port: 80, path: /a }, b: { port: 80, path: /b }')}  two: { address: 192.0.2.2, role: hybrid, services: { a: 80 } }\n`;
  expect((await stageOf(both)).kernel.scene.loaded.declaration.warnings).toEqual([]);
});

test('a missing role is a warning, where it could ever matter', async () => {
  const { kernel } = await stageOf(host('a: 80', 'can: [store]'));
  expect(kernel.scene.loaded.declaration.warnings).toMatchObject([
    { code: 'CONFIG_CHECK', severity: 'warning', message: expect.stringContaining('no `role`') },
  ]);
  const { kernel: silent } = await stageOf('hosts:\n  nas: { address: 192.0.2.1 }\n');
  expect(silent.scene.loaded.declaration.warnings).toEqual([]);
});

test.each([
  ['a port out of range', 'a: 70000'],
  ['a path without a slash', 'a: { port: 1, path: api }'],
  ['a path with a question', 'a: { port: 1, path: "/a?b" }'],
  ['no port', 'a: { path: /x }'],
  ['a text', 'a: http'],
])('%s is refused', async (_what, services) => {
  await expect(stageOf(host(services))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test.each(['"a b"', '"http://x"', '"[::1]"', '"x/y"', '""'])('%s is no address', async (address) => {
  await expect(stageOf(`hosts:\n  one: { address: ${address} }\n`)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('one address for two hosts is a warning', async () => {
  const { kernel } = await stageOf('hosts: { one: { address: Trainer.lan }, two: { address: trainer.lan } }\n');
  expect(kernel.scene.loaded.declaration.warnings).toMatchObject([
    { message: expect.stringMatching(/^one has the address trainer\.lan too/), at: { path: 'hosts.two.address' } },
  ]);
});
