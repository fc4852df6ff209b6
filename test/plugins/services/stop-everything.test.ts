// `realm down --services`: everything ends, in reverse order, each in its own grace, and what will not by force.
import { expect, onTestFinished, test } from 'vitest';
import type { VirtualProcess } from '../../../core/simulate/process-table.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import { type Machine, machineWith } from './machine.ts';

const PAIR = '  db: { command: [db] }\n  web: { command: [web], after: [service/db] }\n';
const DEAF: Program = { ignores: ['SIGTERM'] };

async function runs(services: string, programs: Readonly<Record<string, Program>>): Promise<Machine> {
  const machine = await machineWith(services, 1, (parts) => {
    for (const [name, program] of Object.entries(programs)) parts.programs.set(name, program);
  });
  onTestFinished(() => machine.close());
  await machine.pass(60_000);
  return machine;
}

/** Stops everything, and tells after how long each command was gone, to half a second. */
async function endsAfter(machine: Machine, names: readonly string[]): Promise<Record<string, number>> {
  const ended: Record<string, number> = {};
  const commands = new Map<string, readonly VirtualProcess[]>(names.map((name) => [name, machine.running(name)]));
  const stopping = machine.kernel.stop(30_000, 'asked to', true);
  for (let ms = 0; ms < 40_000; ms += 500) {
    await machine.pass(500);
    for (const [name, before] of commands)
      if (!before.some((one) => machine.running(name).includes(one))) ended[name] ??= ms + 500;
  }
  await stopping;
  expect(machine.machine.running()).toEqual([]);
  return ended;
}

test('what even KILL does not end is told once, with what is left of it, and then that it has stopped', async () => {
  const machine = await runs('  web: { command: [web] }\n', { web: { ...DEAF, diesInMs: 60_000 } });
  const [{ identity }] = machine.running('web') as [VirtualProcess];
  await machine.stopWord('web');
  await machine.pass(10_500);
  expect(machine.events('service.stopBlocked')).toEqual([]);
  await machine.pass(30_000);
  expect(machine.events('service.stopBlocked').map(({ data }) => data)).toEqual([
    { ref: 'service/web', pids: [identity.pid], forMs: expect.any(Number) },
  ]);
  await machine.pass(60_000);
  expect(machine.running('web')).toEqual([]);
  expect(machine.events('service.stopped')).toHaveLength(1);
});

test('what is deaf to its signal is killed at the end of its grace, of 10 s by default', async () => {
  const machine = await runs('  web: { command: [web] }\n', { web: DEAF });
  const { web } = await endsAfter(machine, ['web']);
  expect(web).toBeGreaterThanOrEqual(10_000);
  expect(web).toBeLessThan(11_500);
});

test('who takes its time is waited for, and what it came after ends only then', async () => {
  const machine = await runs(PAIR, { web: { stopsInMs: 7_000 }, db: { stopsInMs: 3_000 } });
  const { web, db } = await endsAfter(machine, ['web', 'db']);
  expect(web).toBeGreaterThanOrEqual(7_000);
  expect(web).toBeLessThan(8_500);
  expect(db! - web!).toBeGreaterThanOrEqual(2_500);
});

test('a grace that is longer than all of it may take ends with that: nothing is left', async () => {
  const machine = await runs(PAIR.replace('[web]', '[web], stop: { grace: 5m }'), { web: DEAF, db: DEAF });
  const { web } = await endsAfter(machine, ['web', 'db']);
  expect(web).toBeGreaterThan(20_000);
});
