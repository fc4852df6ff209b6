// Alerts beside other plugins: what really happens to services is told, and plugins that hang keep nobody from hearing it.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../core/random.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import { crashLoop } from './news.ts';
import { alerted } from './realm.ts';
import { receiver } from './receiver.ts';

test('a service that crashes in a loop is told, and so is that it lives again', async () => {
  const phone = await receiver();
  let web: Program = { lastsMs: 10, exit: 3 };
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 1s }\n`, {
    plugins: ['services'],
    yaml: 'services:\n  web: { command: [web], restart: { backoff: 100ms..2s } }\n',
    world: (clock) => {
      const machine = virtualMachine({ clock, random: seededRandom(1), programs: () => web });
      return { processes: () => machine.processes() };
    },
  });
  await realm.pass(60_000);
  expect(phone.heard()).toEqual(['service/web crashlooping']);
  expect(phone.got[0]!.body.message).toContain('exit 3');
  web = {};
  await realm.pass(120_000);
  expect(phone.heard()).toEqual(['service/web crashlooping', 'service/web recovered']);
});

test('with every pass taken by plugins that hang, what matters is told all the same', async () => {
  const phone = await receiver();
  const names = Array.from({ length: 20 }, (_, n) => `  b${n}: { path: b${n}.txt, how: apply-hangs }\n`);
  const realm = await alerted(`  phone: { to: [{ webhook: "${phone.url}" }], digest: 1s }\n`, {
    plugins: ['./bad.ts'],
    yaml: `bads:\n${names.join('')}`,
    prepare: (root) => cpSync(join(import.meta.dirname, '../../core/kernel/plugins/bad.ts'), join(root, 'bad.ts')),
  });
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(3_000);
  expect(phone.heard()).toContain('service/web crashlooping');
  await realm.pass(120_000);
  expect(phone.heard().filter((line) => / stalled| degraded/.test(line)).length).toBeGreaterThan(0);
});

test('an alert of another machine is told by that machine', async () => {
  const [here, there] = [await receiver(), await receiver()];
  const alerts = `  here: { to: [{ webhook: "${here.url}" }], digest: 0s }\n  there: { host: nas, to: [{ webhook: "${there.url}" }], digest: 0s }\n`;
  const realm = await alerted(alerts, {
    plugins: ['hosts'],
    yaml: 'hosts:\n  nas: { address: 192.0.2.7 }\n  trainer: { address: localhost }\n',
  });
  await realm.pass(2_000);
  await realm.emit('service.crashlooping', crashLoop('web'));
  await realm.pass(60_000);
  expect(here.heard()).toContain('service/web crashlooping');
  expect(there.tries).toBe(0);
});
