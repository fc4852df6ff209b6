// Probes, watchdog and what others wait to hear, under the real kernel in virtual time; files and logs are real.
import { appendFileSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

/** Not how long it takes, but how long a busy machine may take. */
const PATIENT = { timeout: 60_000 };

async function opened(services: string): Promise<Machine> {
  const machine = await machineWith(services);
  onTestFinished(() => machine.close());
  await machine.pass(100);
  return machine;
}

const logOf = (machine: Machine, name = 'web'): string =>
  join(machine.realm.root, '.realm/logs/services', `${name}.log`);

function say(machine: Machine, text: string, name = 'web'): void {
  const log = logOf(machine, name);
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, text);
}

const readyFile = (machine: Machine): string => join(machine.realm.root, 'up');
const FILE = '  web: { command: [web], ready: { file: up, every: 1s, within: 10s } }\n';

test('it is ready when the probe says so, not before; when it says no three times in a row, it is not', async () => {
  const machine = await opened(FILE);
  expect(machine.condition('web', 'Ready')).toBe('False');
  expect(machine.message('web')).toContain('up: does not exist');
  writeFileSync(readyFile(machine), '');
  await machine.pass(200);
  expect(machine.condition('web', 'Ready')).toBe('True');
  expect(machine.events('service.ready')).toMatchObject([{ data: { ref: 'service/web' } }]);
  rmSync(readyFile(machine));
  await machine.pass(2_100);
  expect(machine.condition('web', 'Ready')).toBe('True');
  await machine.pass(2_000);
  expect(machine.condition('web', 'Ready')).toBe('False');
  expect(machine.begun('web')).toBe(1);
  writeFileSync(readyFile(machine), '');
  await machine.pass(1_100);
  expect(machine.condition('web', 'Ready')).toBe('True');
});

test('readiness is of one life: the next one has to earn it', async () => {
  const machine = await opened(FILE);
  writeFileSync(readyFile(machine), '');
  await machine.pass(200);
  rmSync(readyFile(machine));
  machine.kill('web');
  await machine.pass(100);
  expect(machine.begun('web')).toBe(2);
  expect(machine.condition('web', 'Ready')).toBe('False');
});

test('a new plugin set and a new daemon begin where the last one stood', async () => {
  const machine = await opened(FILE);
  writeFileSync(readyFile(machine), '');
  await machine.pass(200);
  await machine.edit(`${FILE}  other: { command: [other] }\n`);
  await machine.pass(10);
  expect(machine.condition('web', 'Ready')).toBe('True');
  await machine.killDaemon();
  await machine.pass(3_000);
  expect(machine.condition('web', 'Ready')).toBe('True');
  expect(machine.events('service.ready')).toHaveLength(1);
  rmSync(readyFile(machine));
  await machine.pass(10_000);
  expect(machine.condition('web', 'Ready')).toBe('False');
});

test('a probe that is edited or taken away counts at once', async () => {
  const machine = await opened(FILE);
  await machine.edit('  web: { command: [web], ready: { file: other, every: 1s } }\n');
  writeFileSync(join(machine.realm.root, 'other'), '');
  await machine.pass(6_000);
  expect(machine.condition('web', 'Ready')).toBe('True');
  rmSync(join(machine.realm.root, 'other'));
  await machine.pass(10_000);
  expect(machine.condition('web', 'Ready')).toBe('False');
  await machine.edit('  web: { command: [web] }\n');
  await machine.pass(1_000);
  expect(machine.condition('web', 'Ready')).toBe('True');
  expect(machine.begun('web')).toBe(1);
});

test('PM2 #2197, #1072, #4944: one that is no longer live is restarted, with the reason', async () => {
  const machine = await opened('  web: { command: [web], live: { file: up, every: 1s, within: 1s } }\n');
  writeFileSync(readyFile(machine), '');
  await machine.pass(5_000);
  expect(machine.begun('web')).toBe(1);
  rmSync(readyFile(machine));
  await machine.pass(3_500);
  expect(machine.begun('web')).toBe(2);
  expect(machine.events('service.restarted')[0]?.data).toMatchObject({
    because: expect.stringContaining('up: does not exist') as string,
  });
});

test('one that never is live is a crash loop: ever slower, told once, and over when it lives', async () => {
  const machine = await opened('  web: { command: [web], live: { file: up, every: 1s, within: 0s, failures: 1 } }\n');
  await machine.pass(60_000);
  expect(machine.condition('web', 'CrashLoop')).toBe('True');
  await machine.pass(1_200_000);
  expect(machine.begun('web')).toBeLessThan(40);
  expect(machine.events('service.crashlooping')).toHaveLength(1);
  writeFileSync(readyFile(machine), '');
  await machine.pass(400_000);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.condition('web', 'CrashLoop')).toBe('False');
});

test('a log line makes it ready, whatever colour it has; an older one, of the last life, does not', async () => {
  const machine = await opened('  web: { command: [web], ready: { log: "listening on \\\\d+" } }\n');
  say(machine, 'starting\n');
  await machine.pass(500);
  expect(machine.condition('web', 'Ready')).toBe('False');
  say(machine, 'listening \u001b[32mon\u001b[0m 8080\n');
  await machine.pass(200);
  expect(machine.condition('web', 'Ready')).toBe('True');
  machine.kill('web');
  await machine.pass(500);
  expect(machine.condition('web', 'Ready')).toBe('False');
  say(machine, 'listening on 8080\n');
  await machine.pass(200);
  expect(machine.condition('web', 'Ready')).toBe('True');
});

test('another one waits until it has said something', async () => {
  const machine = await opened(
    '  web: { command: [web] }\n' +
      '  worker: { command: [worker], after: { service/web: { until: { log: "^warm" } } } }\n',
  );
  await machine.pass(5_000);
  expect(machine.begun('worker')).toBe(0);
  say(machine, 'lukewarm\nwarm\n');
  await machine.pass(500);
  expect(machine.begun('worker')).toBe(1);
});

test('silence for too long restarts it; a word in time does not, and rotation is no word', async () => {
  const machine = await opened('  web: { command: [web], watchdog: { silence: 1m } }\n');
  for (let minute = 0; minute < 5; minute++) {
    await machine.pass(50_000);
    say(machine, 'still here\n');
  }
  expect(machine.begun('web')).toBe(1);
  await machine.pass(70_000);
  expect(machine.begun('web')).toBe(2);
  expect(machine.events('service.restarted')[0]?.data).toMatchObject({ because: 'no output for 60 s' });
});

test('a machine that slept is not a silent service', async () => {
  const machine = await opened('  web: { command: [web], watchdog: { silence: 1m } }\n');
  say(machine, 'here\n');
  await machine.pass(10_000);
  machine.realm.clock.jump(3_600_000);
  await machine.pass(20_000);
  expect(machine.begun('web')).toBe(1);
});

test('a log that somebody else made shorter is told once', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  say(machine, 'a line\n'.repeat(100));
  await machine.pass(6_000);
  truncateSync(logOf(machine), 7);
  const told = async (): Promise<number> => {
    await machine.pass(1_000); // rotation asks a program, whose time is real
    return machine.events('service.logTruncated').length;
  };
  await expect.poll(told, PATIENT).toBe(1);
  say(machine, 'more\n');
  await machine.pass(5_000);
  expect(machine.events('service.logTruncated')).toMatchObject([
    { data: { ref: 'service/web', file: logOf(machine) } },
  ]);
});
