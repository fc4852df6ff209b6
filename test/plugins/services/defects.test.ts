// What other supervisors get wrong, one test each: names and numbers are those of the reports.
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

async function opened(
  services: string,
  prepare: (machine: Pick<Machine, 'programs'>) => void = () => {},
): Promise<Machine> {
  const machine = await machineWith(services, 1, prepare);
  onTestFinished(() => machine.close());
  await machine.pass(100);
  return machine;
}

/** Never ready: nobody makes that file. */
const UNREADY =
  '  db: { command: [db], ready: { file: no-such-file } }\n  web: { command: [web], after: [service/db] }\n';
/** As somebody who waits for `db` to get ready would make it. */
const makeReady = ({ realm }: Machine): void => realm.write('no-such-file', '');
const PAIR = '  db: { command: [db] }\n  web: { command: [web], after: [service/db] }\n';

test('process-compose #530: a restart while pending on a dependency leaves one copy, and none after its removal', async () => {
  const machine = await opened(UNREADY);
  expect(machine.running('web')).toEqual([]);
  machine.askRestart('web');
  await machine.pass(60_000);
  expect(machine.running('web')).toEqual([]);
  await machine.edit(PAIR);
  await machine.pass(60_000);
  expect(machine.begun('web')).toBe(1);
  expect(machine.running('web')).toHaveLength(1);
  await machine.edit('  db: { command: [db] }\n');
  await machine.pass(1_000);
  expect(machine.running('web')).toEqual([]);
});

test('process-compose #347: three restarts at once are one restart, of one copy', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  const copies = new Set<number>();
  for (let ms = 0; ms < 1_000; ms++) {
    if (ms < 3) machine.askRestart('web');
    await machine.pass(1);
    copies.add(machine.running('web').length);
  }
  expect([...copies].toSorted((one, other) => one - other)).toEqual([0, 1]);
  expect(machine.running('web')).toHaveLength(1);
  const begun = machine.begun('web');
  expect(begun).toBeLessThanOrEqual(4); // a wish of a later millisecond is another one
  machine.askRestart('web');
  machine.askRestart('web');
  await machine.pass(1_000);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.begun('web')).toBe(begun + 1);
});

test('process-compose #403: readiness lost ends nothing, and when it dies it is restarted all the same', async () => {
  const machine = await opened('  web: { command: [web], ready: { file: /nowhere/at/all } }\n');
  const before = machine.running('web');
  expect(before).toHaveLength(1);
  await machine.pass(300_000);
  expect(machine.condition('web', 'Ready')).toBe('False');
  expect(machine.running('web')).toEqual(before);
  machine.kill('web');
  await machine.pass(100);
  expect(machine.running('web')).toHaveLength(1);
});

test('process-compose #544: a parent that flaps for a moment does not make a late dependent stay away', async () => {
  const machine = await opened('  db: { command: [db] }\n');
  machine.programs.set('db', { lastsMs: 40, exit: 1 });
  machine.kill('db');
  await machine.pass(60);
  expect(machine.condition('db', 'Ready')).toBe('False');
  await machine.edit(PAIR);
  expect(machine.running('web')).toEqual([]);
  machine.programs.set('db', {});
  await machine.pass(60_000);
  expect(machine.running('web')).toHaveLength(1);
});

test('process-compose #189: a dependent waits through the restarts of what it comes after', async () => {
  const machine = await opened(UNREADY, ({ programs }) => programs.set('db', { lastsMs: 300, exit: 1 }));
  await machine.pass(60_000);
  expect(machine.begun('db')).toBeGreaterThan(3);
  expect(machine.begun('web')).toBe(0);
});

test('supervisord #122, #1449, #635: what comes after starts when the other is ready, not when it was started', async () => {
  const machine = await opened(UNREADY);
  await machine.pass(60_000);
  expect([machine.begun('db'), machine.begun('web')]).toEqual([1, 0]);
  makeReady(machine);
  await machine.pass(60_000);
  expect([machine.begun('db'), machine.begun('web')]).toEqual([1, 1]);
});

test('process-compose #280: everything ends although one service still waits for its dependency', async () => {
  const machine = await opened(UNREADY);
  await machine.edit(`${UNREADY}  other: { command: [other] }\n`);
  await machine.pass(100);
  await machine.stopAll();
  expect(machine.machine.running()).toEqual([]);
});

test('process-compose 1.122: a restart of one service restarts that one', async () => {
  const machine = await opened(PAIR);
  machine.askRestart('db');
  await machine.pass(60_000);
  expect(machine.begun('db')).toBe(2);
  expect(machine.begun('web')).toBe(1);
});

test('process-compose: a stop while it starts leaves nothing behind', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  for (const ms of [0, 1, 3, 5, 9]) {
    await machine.stopWord('web', false);
    await machine.pass(ms);
    await machine.stopWord('web');
    await machine.pass(11_000);
    expect(machine.machine.running()).toEqual([]);
  }
});

test('systemd #1312: what could not start because its dependency failed starts when that recovers', async () => {
  const machine = await opened(UNREADY, ({ programs }) => programs.set('db', { lastsMs: 0, exit: 1 }));
  await machine.pass(3_600_000);
  expect(machine.condition('db', 'CrashLoop')).toBe('True');
  expect(machine.begun('web')).toBe(0);
  machine.programs.set('db', {});
  makeReady(machine);
  await machine.pass(330_000);
  expect(machine.running('db')).toHaveLength(1);
  expect(machine.running('web')).toHaveLength(1);
});

test('systemd #43813: after a life that lasted, the next restart is at once again', async () => {
  const machine = await opened('  web: { command: [web] }\n', ({ programs }) =>
    programs.set('web', { lastsMs: 0, exit: 1 }),
  );
  await machine.pass(600_000);
  machine.programs.set('web', {});
  await machine.pass(330_000);
  expect(machine.running('web')).toHaveLength(1);
  await machine.pass(11_000);
  const before = machine.begun('web');
  machine.kill('web');
  await machine.pass(50);
  expect(machine.begun('web')).toBe(before + 1);
  expect(machine.running('web')).toHaveLength(1);
});

test('systemd #8398: a crash loop is told once, not at each try', async () => {
  const machine = await opened('  web: { command: [web] }\n', ({ programs }) =>
    programs.set('web', { lastsMs: 30, exit: 1 }),
  );
  await machine.pass(3_600_000);
  expect(machine.events('service.crashlooping')).toHaveLength(1);
  const loops = machine.events('condition.changed').filter(({ data }) => 'type' in data && data.type === 'CrashLoop');
  expect(loops.map(({ data }) => (data as { to: string }).to)).toEqual(['False', 'True']);
});

test('supervisord, PM2, systemd #6129, #2416: a crash loop is neither given up nor run at full speed, and it heals by itself', async () => {
  const machine = await opened('  web: { command: [web] }\n', ({ programs }) =>
    programs.set('web', { lastsMs: 500, exit: 1 }),
  );
  await machine.pass(3_600_000);
  const tries = machine.begun('web');
  expect(tries).toBeGreaterThan(12);
  expect(tries).toBeLessThan(120);
  expect(machine.condition('web', 'CrashLoop')).toBe('True');
  machine.programs.set('web', {});
  await machine.pass(320_000);
  expect(machine.condition('web', 'Ready')).toBe('True');
  expect(machine.condition('web', 'CrashLoop')).toBe('False');
});

test('PM2 #2516, #3742: a changed command is what runs, and what is no longer declared stops', async () => {
  const machine = await opened(PAIR);
  await machine.edit('  db: { command: [db, --new] }\n');
  await machine.pass(1_000);
  expect(machine.running('web')).toEqual([]);
  expect(machine.begun('db')).toBe(2);
  expect(machine.running('db')).toHaveLength(1);
});

test('PM2 #5802, #1611: when the daemon dies, nothing is lost and nothing is started twice', async () => {
  const machine = await opened(PAIR);
  const before = machine.machine.running();
  for (let at = 0; at < 5; at++) await machine.killDaemon();
  await machine.pass(60_000);
  expect(machine.machine.running()).toEqual(before);
});

test('compose #9600: a field that means nothing to the process restarts nothing', async () => {
  const machine = await opened('  web: { command: [web] }\n');
  await machine.edit(
    '  web: { command: [web], env: {}, restart: { stableAfter: 1m }, stop: { grace: 3s }, log: { keep: 9 }, labels: { a: b } }\n',
  );
  await machine.pass(60_000);
  expect(machine.begun('web')).toBe(1);
  await machine.edit('  web: { command: [web], env: { MODE: x } }\n');
  await machine.pass(1_000);
  expect(machine.begun('web')).toBe(2);
  expect(machine.events('service.restarted').at(-1)?.data).toMatchObject({ because: 'env.MODE changed' });
});

test('a one-shot runs once, whatever happens, and again only when it is changed', async () => {
  const ONCE = '  job: { command: [job], type: once }\n  web: { command: [web], after: { service/job: completed } }\n';
  const machine = await opened(ONCE, ({ programs }) => programs.set('job', { lastsMs: 20 }));
  expect(machine.running('web')).toHaveLength(1);
  await machine.killDaemon();
  await machine.pass(600_000);
  expect(machine.begun('job')).toBe(1);
  await machine.edit(ONCE.replace('[job]', '[job, --again]'));
  await machine.pass(1_000);
  expect(machine.begun('job')).toBe(2);
  expect(machine.begun('web')).toBe(1);
});

test('one that ignores TERM is killed with all it started when the grace is over, and then runs anew', async () => {
  const machine = await opened('  web: { command: [web], stop: { grace: 3s } }\n', ({ programs }) =>
    programs.set('web', {
      ignores: ['SIGTERM'],
      children: [{ ignores: ['SIGTERM'] }],
      leaves: [{ ignores: ['SIGTERM'] }],
    }),
  );
  await machine.stopWord('web');
  await machine.pass(2_900);
  expect(machine.running('web')).toHaveLength(1);
  await machine.pass(300);
  expect(machine.machine.running()).toEqual([]);
  expect(machine.events('service.stopped')).toHaveLength(1);
});

test('systemd KillMode=control-group: what it started has the rest of the grace, though the main process has ended', async () => {
  const machine = await opened(
    '  web: { command: [web], stop: { grace: 3s } }\n  job: { command: [job], stop: { grace: 3s } }\n',
    ({ programs }) => {
      programs.set('web', { children: [{ stopsInMs: 2_000 }] });
      programs.set('job', { children: [{ ignores: ['SIGTERM'] }] });
    },
  );
  const children = (name: string): number => machine.running(`${name}'s child`).length;
  await machine.stopWord('web');
  machine.askRestart('job');
  await machine.pass(1_900);
  expect([machine.running('web').length, children('web')]).toEqual([0, 1]);
  await machine.pass(1_000);
  expect(children('web')).toBe(0);
  expect([machine.begun('job'), children('job')]).toEqual([1, 1]); // no second one beside what is left of the first
  await machine.pass(500);
  expect([machine.begun('job'), children('job')]).toEqual([2, 1]);
  await machine.edit('  web: { command: [web] }\n'); // `job` is no longer declared, and still has its grace
  await machine.pass(2_000);
  expect([machine.running('job').length, children('job')]).toEqual([0, 1]);
  await machine.pass(1_500);
  expect(machine.machine.running()).toEqual([]);
});

test('systemd #8374, #7136, #11456: onLoss: restart follows what it comes after, stop goes down and comes back with it, ignore stays', async () => {
  const services = ['restart', 'stop', 'ignore'].map(
    (onLoss) => `  ${onLoss}: { command: [${onLoss}], after: { service/db: { until: ready, onLoss: ${onLoss} } } }\n`,
  );
  const machine = await opened(`  db: { command: [db] }\n${services.join('')}`);
  await machine.stopWord('db');
  await machine.pass(5_000);
  expect(machine.running('stop')).toEqual([]);
  expect(machine.running('restart')).toHaveLength(1);
  await machine.stopWord('db', false);
  await machine.pass(5_000);
  expect(['restart', 'stop', 'ignore'].map((name) => machine.begun(name))).toEqual([2, 2, 1]);
  expect(['restart', 'stop', 'ignore'].flatMap((name) => machine.running(name))).toHaveLength(3);
});
