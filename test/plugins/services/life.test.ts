// One service from its first start to its removal, on a machine without processes.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

const WEB = '  web: { command: [web] }\n';

async function opened(services = WEB): Promise<Machine> {
  const machine = await machineWith(services);
  onTestFinished(() => machine.close());
  await machine.pass(100);
  return machine;
}

test('a service is started once, and stays', async () => {
  const machine = await opened();
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.condition('web', 'Ready')).toBe('True');
  await machine.pass(600_000);
  expect(machine.begun('web')).toBe(1);
});

test('one that is killed runs again at once', async () => {
  const machine = await opened();
  machine.kill('web');
  await machine.pass(50);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.begun('web')).toBe(2);
});

test('a word to stop ends it and keeps it down; taking the word back starts it', async () => {
  const machine = await opened();
  await machine.stopWord('web');
  await machine.pass(120_000);
  expect(machine.running('web')).toEqual([]);
  expect(machine.message('web')).toContain('user:ann: a test');
  await machine.stopWord('web', false);
  await machine.pass(100);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.events('service.restarted').at(-1)?.data).toMatchObject({
    because: 'no longer stopped (user:ann: a test)',
  });
  await machine.stopAll();
  await machine.killDaemon();
  await machine.pass(100);
  expect(machine.events('service.restarted').at(-1)?.data).toMatchObject({
    because: 'no longer stopped (realm: everything is to end)',
  });
});

test('a daemon that is killed finds it again: same process, no second one', async () => {
  const machine = await opened();
  const before = machine.running('web');
  await machine.killDaemon();
  await machine.pass(120_000);
  expect(machine.running('web')).toEqual(before);
  machine.kill('web');
  await machine.pass(50);
  expect(machine.begun('web')).toBe(2);
});

test('a service that is no longer declared is stopped, and its folder goes', async () => {
  const machine = await opened(`${WEB}  other: { command: [other] }\n`);
  const folder = join(machine.realm.root, '.realm/data/services/web');
  expect(existsSync(folder)).toBe(true);
  await machine.edit('  other: { command: [other] }\n');
  await machine.pass(1_000);
  expect(machine.running('web')).toEqual([]);
  expect(existsSync(folder)).toBe(false);
  expect(machine.begun('other')).toBe(1);
});

test('a changed command is what runs next, and nothing else is restarted', async () => {
  const machine = await opened(`${WEB}  other: { command: [other] }\n`);
  await machine.edit('  web: { command: [web2] }\n  other: { command: [other] }\n');
  await machine.pass(1_000);
  expect(machine.running('web')).toEqual([]);
  expect(machine.running('web2')).toHaveLength(1);
  expect(machine.begun('other')).toBe(1);
});

test('what a stopped service left behind ends with it; so does what one that completed left', async () => {
  const left = { leaves: [{ ignores: ['SIGTERM'] }], children: [{ ignores: ['SIGTERM'] }] } as const;
  const machine = await machineWith(`${WEB}  job: { command: [job], type: once }\n`, 1, ({ programs }) => {
    programs.set('web', left);
    programs.set('job', { ...left, lastsMs: 50 });
  });
  onTestFinished(() => machine.close());
  await machine.pass(1_000);
  expect(machine.machine.running().filter(({ name }) => name.includes('job'))).toEqual([]);
  expect(machine.condition('job', 'Completed')).toBe('True');
  await machine.stopWord('web');
  await machine.pass(1_000);
  expect(machine.running('web')).toEqual([]);
  expect(machine.machine.running()).toHaveLength(2); // they have the rest of the grace
  await machine.pass(10_000);
  expect(machine.machine.running()).toEqual([]);
  expect(machine.begun('job')).toBe(1);
});

test('each end is told once, with its last words; a stop is no failure', async () => {
  const machine = await machineWith('  web: { command: [web], restart: { backoff: 1s..1s } }\n', 1, ({ programs }) =>
    programs.set('web', { lastsMs: 20, exit: 3, says: 'out of luck' }),
  );
  onTestFinished(() => machine.close());
  await machine.pass(3_000);
  const { length } = machine.events('service.exited');
  expect(length).toBe(machine.begun('web'));
  expect(machine.events('service.exited')[0]!.data).toMatchObject({ status: 3, why: 'exit 3', lines: ['out of luck'] });
  machine.programs.set('web', {});
  await machine.pass(3_000);
  await machine.stopWord('web');
  await machine.pass(1_000);
  expect(machine.events('service.exited')).toHaveLength(length);
  expect(machine.events('service.stopped').map(({ data }) => data)).toEqual([
    { ref: 'service/web', why: 'user:ann: a test' },
  ]);
});
