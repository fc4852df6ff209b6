// What is told of services: whoever listens to `service.ready` hears of each.
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

async function opened(services: string): Promise<Machine> {
  const machine = await machineWith(services);
  onTestFinished(() => machine.close());
  await machine.pass(100);
  return machine;
}

test('without a probe it is told ready in each life, after its start', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  expect(machine.events('service.ready')).toMatchObject([{ ref: 'service/web', data: { afterMs: 0 } }]);
  const seqOf = (type: 'service.started' | 'service.ready'): number => machine.events(type)[0]!.seq;
  expect(seqOf('service.ready')).toBeGreaterThan(seqOf('service.started'));
  machine.kill('web');
  await machine.pass(50);
  expect(machine.events('service.ready')).toHaveLength(2);
});

test('with a probe only the probe tells it', async () => {
  const machine = await opened('  web: { command: [web], ready: { log: listening } }\n');
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.events('service.ready')).toEqual([]);
});

test('a one-shot is ready when it has completed, and not before', async () => {
  const machine = await machineWith('  migrate: { type: once, command: [migrate] }\n', 1, ({ programs }) => {
    programs.set('migrate', { lastsMs: 1_000 });
  });
  onTestFinished(() => machine.close());
  await machine.pass(500);
  expect(machine.running('migrate')).toHaveLength(1);
  expect(machine.events('service.ready')).toEqual([]);
  await machine.pass(1_000);
  expect(machine.events('service.ready')).toMatchObject([{ ref: 'service/migrate' }]);
});
