// More of what other supervisors, and the scripts that people come from, get wrong; names and numbers are those of the reports.
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

async function opened(services: string): Promise<Machine> {
  const machine = await machineWith(services);
  onTestFinished(() => machine.close());
  await machine.pass(100);
  return machine;
}

const MANY = Array.from({ length: 12 }, (_, at) => `s${at}`);
const many = MANY.map((name) => `  ${name}: { command: [${name}] }\n`).join('');

test('PM2 7.0.1: what a path contains decides nothing: /srv/ubuntu/run.py runs as it is written', async () => {
  const machine = await opened('  web: { command: [/srv/ubuntu/run.py, --bun] }\n');
  expect(machine.begun('/srv/ubuntu/run.py')).toBe(1);
});

test('process-compose #120: a $VAR in a command stays what it is; only a shell that was asked for reads it', async () => {
  const machine = await opened("  web: { command: ['$HOME/run'] }\n  sh: { command: '$HOME/run', shell: true }\n");
  expect(machine.begun('$HOME/run')).toBe(1);
  expect(machine.begun('/bin/sh')).toBe(1);
});

test('compose #10308, #6589: changing one service restarts none that comes after it', async () => {
  const machine = await opened('  db: { command: [db] }\n  web: { command: [web], after: { service/db: ready } }\n');
  await machine.edit(
    '  db: { command: [db], env: { A: b } }\n  web: { command: [web], after: { service/db: ready } }\n',
  );
  await machine.pass(60_000);
  expect([machine.begun('db'), machine.begun('web')]).toEqual([2, 1]);
});

test('supervisord #323: the waits between restarts are those that are written', async () => {
  const restart = 'restart: { backoff: 2s..4s }';
  const machine = await opened(`  web: { command: [web], ${restart} }\n`);
  machine.programs.set('web', { lastsMs: 0, exit: 1 });
  machine.kill('web');
  await machine.pass(1_900);
  expect(machine.begun('web')).toBe(2); // one at once
  await machine.pass(120_000);
  expect(machine.begun('web')).toBeGreaterThan(120 / 4.5);
  expect(machine.begun('web')).toBeLessThan(120 / 2 + 3);
});

test('Weaver: restart counters that live in memory start anew with the daemon', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  machine.kill('web');
  await machine.pass(100);
  await machine.killDaemon();
  machine.kill('web');
  await machine.pass(10_000);
  expect(machine.events('service.restarted').map(({ data }) => (data as { restarts: number }).restarts)).toEqual([
    1, 2,
  ]);
});

test('Weaver: a crash loop is one too when the daemon dies in between', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  machine.programs.set('web', { lastsMs: 30, exit: 1 });
  machine.kill('web');
  for (let at = 0; at < 12; at++) {
    await machine.pass(500);
    await machine.killDaemon();
  }
  expect(machine.condition('web', 'CrashLoop')).toBe('True');
});

test('Weaver: twelve that die at once are mended together, not one after another', async () => {
  const machine = await opened(many);
  MANY.forEach((name) => machine.kill(name));
  await machine.pass(400);
  expect(MANY.map((name) => machine.running(name).length)).toEqual(MANY.map(() => 1));
});

test('Weaver: what is unhealthy is ended before another copy is started', async () => {
  const live = 'live: { file: alive, every: 1s, within: 0s, failures: 1 }';
  const machine = await opened(`  web: { command: [web], ${live}, stop: { grace: 3s } }\n`);
  machine.programs.set('web', { ignores: ['SIGTERM'] });
  const most = { at: 0 };
  for (let at = 0; at < 200; at++) {
    await machine.pass(100);
    most.at = Math.max(most.at, machine.running('web').length);
  }
  expect(most.at).toBe(1);
  expect(machine.begun('web')).toBeGreaterThan(2);
});

test('why a service was last started is told however long ago that was, also when a probe has said much since', async () => {
  const machine = await opened('  web: { command: [web], ready: { file: up } }\n');
  machine.realm.write('up', '');
  await machine.pass(60_000);
  const reasons = async (): Promise<string> =>
    (await machine.realm.door(machine.kernel).why('service/web')).reasons.join('\n');
  expect(await reasons()).toContain('Started is True since 2026-01-01T00:00:00.000Z (Ready): first start');
  machine.kill('web');
  await machine.pass(3_600_000);
  expect(await reasons()).toContain('restart 1: signal 9 (SIGKILL)');
});
