// Services of a realm with several hosts: each runs on its own host alone, and nowhere twice.
import { expect, onTestFinished, test } from 'vitest';
import type { ThisMachine } from '../../../core/contract/context.ts';
import { seededRandom } from '../../../core/random.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import { testRealm } from '../../core/kernel/realm.ts';
import { NOBODY, stageOf } from './stage.ts';

const own = { addresses: ['127.0.0.1', '192.0.2.10'] };
const yaml = (host: string): string => `plugins: [hosts, services]
hosts:
  4090: { address: 192.0.2.10, role: trainer }
  3090: { address: 192.0.2.20, role: inference }
services:
  web: { command: [web], host: ${host} }
`;

async function twoHosts(host: string) {
  const realm = testRealm({ 'realm.config.yaml': yaml(host) });
  const machine = virtualMachine({ clock: realm.clock, random: seededRandom(1), programs: () => ({}) });
  let self: ThisMachine = { ...NOBODY, addresses: ['127.0.0.1', '192.0.2.10'] };
  const kernel = await realm.open({ world: { processes: () => machine.processes(), machine: () => self } });
  onTestFinished(() => realm.stop(kernel));
  await kernel.start();
  const running = () => machine.running().filter(({ name }) => name === 'web');
  return {
    pass: (ms: number) => realm.clock.advance(ms),
    /** Pids are used again here at once, start times are not. */
    lives: () => running().map(({ identity: { pid, startTime } }) => `${pid}@${startTime}`),
    kill: () => running().forEach(({ identity }) => machine.system.kill(identity.pid, 'SIGKILL')),
    edit: async (to: string) => {
      realm.write('realm.config.yaml', yaml(to));
      await kernel.reload();
    },
    be: (other: Partial<ThisMachine>) => void (self = { ...NOBODY, ...other }),
  };
}

test('moved to another host it is stopped here, and started here once when it comes back', async () => {
  const { pass, lives, edit } = await twoHosts('4090');
  await pass(1_000);
  const [first] = lives();
  expect(lives()).toEqual([first]);
  await edit('3090');
  await pass(15_000);
  expect(lives()).toEqual([]);
  await edit('4090');
  await pass(15_000);
  expect(lives()).toHaveLength(1);
  expect(lives()).not.toContain(first);
});

test('what lives elsewhere is never started here', async () => {
  const { pass, lives } = await twoHosts('3090');
  await pass(120_000);
  expect(lives()).toEqual([]);
});

test('a machine that loses its network goes on keeping its services', async () => {
  const { pass, lives, kill, be } = await twoHosts('4090');
  await pass(1_000);
  be({});
  await pass(60_000);
  const before = lives();
  kill();
  await pass(5_000);
  expect(lives()).toHaveLength(1);
  expect(lives()).not.toEqual(before);
});

test('a machine that is told to be another host starts nothing twice, and lets what runs run', async () => {
  const { pass, lives, be } = await twoHosts('4090');
  await pass(1_000);
  const before = lives();
  be({ host: '3090' });
  await pass(180_000);
  expect(lives()).toEqual(before);
});

test('`realm ps` tells what lives elsewhere, also when nobody has looked yet', async () => {
  const two = `${yaml('3090')}  here: { command: [here], host: 4090 }\n  any: { command: [any] }\n`;
  const { kernel, realm } = await stageOf(two.replace(/^plugins.*\n/, ''), own, { plugins: '[hosts, services]' });
  const { services } = (await realm.door(kernel).invoke('services.ps', {}, 'user:ann')) as {
    services: { ref: string; state: string; reason: string }[];
  };
  expect(services.find(({ ref }) => ref === 'service/web')).toMatchObject({
    state: 'elsewhere',
    reason: 'lives on 3090',
  });
  expect(services.filter(({ state }) => state === 'elsewhere')).toHaveLength(1);
});
