// For people who come from scripts: every line of the README's table, and the tutorial of examples/services, as they are typed.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ServiceRow } from '../../plugins/services/verbs/ps.ts';
import { freePort } from '../free-port.ts';
import { HANGS_MS, isRunning, realm, tempRealm, until, watch } from './realm.ts';
import { killAll, servicesOf } from './service-world.ts';

vi.setConfig({ testTimeout: 240_000 });
const root = join(import.meta.dirname, '../..');

type Rows = Readonly<Record<string, ServiceRow>>;

async function ps(dir: string): Promise<Rows> {
  return Object.fromEntries(await servicesOf(dir));
}

/** Asks `realm ps` until the services are in these states, with the processes of those that run; answers with them. */
async function soon(dir: string, states: Readonly<Record<string, ServiceRow['state']>>): Promise<Rows> {
  let rows: Rows = {};
  const isSo = async (): Promise<boolean> => {
    rows = await ps(dir);
    return Object.entries(states).every(
      ([name, state]) => rows[name]?.state === state && (state !== 'running' || rows[name].pid !== null),
    );
  };
  await until(isSo, HANGS_MS, JSON.stringify(states), () => JSON.stringify(rows));
  return rows;
}

async function realmOf(services: string): Promise<string> {
  const dir = await tempRealm({ 'realm.config.yaml': `plugins: [services]\nservices:\n${services}` });
  onTestFinished(() => killAll(dir));
  return dir;
}

const TWO = "  db: { command: [sleep, '1000'] }\n  web: { command: [sleep, '1000'], after: { service/db: ready } }\n";

test('start everything = realm up, status = realm ps, stop everything = realm down --services', async () => {
  const dir = await realmOf(TWO);
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0, stderr: '' });
  await soon(dir, { db: 'running', web: 'running' });
  const { stdout } = await realm(dir, ['ps', '--json']);
  const { version, services } = JSON.parse(stdout) as { version: number; services: readonly ServiceRow[] };
  const rows: Rows = Object.fromEntries(services.map((row) => [row.ref.slice('service/'.length), row]));
  expect(version).toBe(1);
  expect(rows['web']).toEqual({
    ref: 'service/web',
    state: 'running',
    ready: true,
    restarts: 0,
    startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    cpuPercent: expect.any(Number),
    memoryBytes: expect.any(Number),
    port: null,
    pid: expect.any(Number),
    reason: expect.any(String),
  });
  expect(isRunning(rows['web']!.pid!)).toBe(true);
  const shown = await realm(dir, ['ps']);
  expect(shown.stdout).toMatch(/^REF +STATE +READY +RESTARTS +STARTED +CPU +MEMORY +PORT +PID +REASON\n/);
  expect((await realm(dir, ['graph'])).stdout).toBe('db\nweb  after db (ready)\n');
  expect(await realm(dir, ['down', '--services'])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing keeps running'),
  });
  expect(Object.values(rows).map(({ pid }) => isRunning(pid!))).toEqual([false, false]);
});

test('process-compose #169, #311: up returns when all is ready, and says what will not be', async () => {
  const slow =
    "  db: { command: [sh, -c, 'sleep 0.5; touch up; exec sleep 1000'], ready: { file: up, every: 100ms } }\n";
  const web = "  web: { command: [sleep, '1000'], after: { service/db: ready } }\n";
  const dir = await realmOf(slow + web);
  const up = (...flags: readonly string[]) => realm(dir, ['up', '--until-ready', ...flags]);
  expect(await up()).toMatchObject({ code: 0, stdout: expect.stringContaining('Everything is ready.') });
  expect(await ps(dir)).toMatchObject({ db: { ready: true }, web: { ready: true } });
  const before = await ps(dir);
  const { daemon } = JSON.parse((await realm(dir, ['status', '--json'])).stdout) as { daemon: { pid: number } };
  for (const pid of [daemon.pid, before['db']!.pid!, before['web']!.pid!]) process.kill(pid, 'SIGKILL');
  await until(() => !isRunning(daemon.pid), HANGS_MS, 'the daemon to die');
  rmSync(join(dir, 'up'));
  expect((await up()).code).toBe(0); // what the last daemon saw counts for nothing
  expect([existsSync(join(dir, 'up')), (await ps(dir))['web']!.ready]).toEqual([true, true]);
  const write = (more: string): void =>
    writeFileSync(join(dir, 'realm.config.yaml'), `plugins: [services]\nservices:\n${slow}${web}${more}`);
  write("  never: { command: [sleep, '1000'], ready: { file: nowhere } }\n");
  await realm(dir, ['reload']);
  const late = await up('--timeout', '1s');
  expect([late.code, late.stderr]).toEqual([1, expect.stringMatching(/NOT_READY.*after 1 s: service\/never \(/s)]);
  write('  broken: { command: [false] }\n');
  await realm(dir, ['reload']);
  expect(await up()).toMatchObject({ code: 1, stderr: expect.stringContaining('an older config is in force') });
  write('  broken: { command: [sh, -c, exit 1], restart: { backoff: 10ms..20ms } }\n');
  await realm(dir, ['reload']);
  const stuck = await up();
  expect([stuck.code, stuck.stderr]).toEqual([1, expect.stringMatching(/waiting alone: service\/broken \(/)]);
  await realm(dir, ['stop', 'service/broken', '--why', 'a test']); // what somebody stopped is not waited for
  expect(await up('--json')).toMatchObject({ code: 0, stdout: expect.stringContaining('"isNew"') });
});

test('realm down leaves services running, and the next realm up finds them', async () => {
  const dir = await realmOf(TWO);
  await realm(dir, ['up']);
  const before = await soon(dir, { db: 'running', web: 'running' });
  const { stdout } = await realm(dir, ['down']);
  expect(stdout).toContain('service/db, service/web keep running');
  expect(Object.values(before).map(({ pid }) => isRunning(pid!))).toEqual([true, true]);
  expect(await ps(dir)).toMatchObject({ db: { state: 'running' }, web: { state: 'running' } }); // told by nobody's daemon
  await realm(dir, ['up']);
  const after = await soon(dir, { db: 'running', web: 'running' });
  expect(Object.values(after).map(({ pid }) => pid)).toEqual(Object.values(before).map(({ pid }) => pid));
});

test('read a log = realm logs web: what it said, also after its end, and nothing that steers the terminal', async () => {
  const said = `printf 'up\\033]0;title\\007\\n'; echo to stderr >&2; exec sleep 1000`;
  const dir = await realmOf(
    `  web: { command: [sh, -c, ${JSON.stringify(said)}] }\n  db: { command: [echo, other] }\n`,
  );
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  const logs = async (): Promise<string> => (await realm(dir, ['logs', 'web'])).stdout;
  await until(async () => (await logs()).includes('to stderr'), HANGS_MS, 'both lines');
  expect(await logs()).toBe('up\nto stderr\n');
  expect(await realm(dir, ['down', '--services', '--yes'])).toMatchObject({ code: 0 });
  expect(await logs()).toContain('to stderr');
  expect(await realm(dir, ['logs', 'wbe'])).toMatchObject({ code: 1, stderr: expect.stringContaining('wbe') });
});

test('check and mend once = realm apply', async () => {
  const dir = await realmOf(TWO);
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  const rows = await soon(dir, { db: 'running', web: 'running' });
  process.kill(rows['db']!.pid!, 'SIGKILL');
  await until(async () => (await ps(dir))['db']!.state !== 'running', HANGS_MS, 'its end to be written down');
  expect((await realm(dir, ['drift'])).code).toBe(3);
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  const mended = await soon(dir, { db: 'running', web: 'running' });
  expect(mended['db']).toMatchObject({ restarts: 1 });
  expect(mended['web']!.pid).toBe(rows['web']!.pid);
});

test('realm apply alone waits for what others need: the end of a migration, the answer of a probe', async () => {
  const dir = await realmOf(
    "  migrate: { type: once, command: [sh, -c, 'sleep 0.3; echo through'] }\n" +
      "  db: { command: [sh, -c, 'sleep 0.3; touch up; exec sleep 1000'], ready: { file: up }, after: { service/migrate: completed } }\n" +
      "  web: { command: [sleep, '1000'], after: { service/db: ready } }\n",
  );
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0, stderr: '' });
  expect(await ps(dir)).toMatchObject({
    migrate: { state: 'completed' },
    db: { state: 'running', ready: true },
    web: { state: 'running' },
  });
});

test('run continuously = realm watch: what dies is restarted, until Ctrl-C', async () => {
  const dir = await realmOf(TWO);
  const watching = watch(dir);
  const { db } = await soon(dir, { db: 'running', web: 'running' });
  process.kill(db!.pid!, 'SIGKILL');
  await watching.prints('service/db');
  const isBack = async (): Promise<boolean> => {
    const { restarts, pid } = (await ps(dir))['db']!;
    return restarts === 1 && pid !== null;
  };
  await until(isBack, HANGS_MS, 'db to be restarted', watching.output);
  expect((await watching.stop()).code).toBe(130);
  expect(await ps(dir)).toMatchObject({ db: { state: 'running' }, web: { state: 'running' } });
});

test('restart one, stop one, start one: words that are kept, with their reasons', async () => {
  const dir = await realmOf(TWO);
  await realm(dir, ['up']);
  const { db, web } = await soon(dir, { db: 'running', web: 'running' });
  expect(await realm(dir, ['restart', 'db', 'service/web', '--why', 'new certificate'])).toMatchObject({ code: 0 });
  const anew = async (): Promise<boolean> => {
    const now = await ps(dir);
    return [db, web].every((one) => now[one!.ref.slice(8)]!.pid !== one!.pid && now[one!.ref.slice(8)]!.pid !== null);
  };
  await until(anew, HANGS_MS, 'both to run anew');
  const events = ['events', '--ref', 'service/web', '--type', 'service.restarted', '--json'];
  const isTold = async (): Promise<boolean> => (await realm(dir, events)).stdout.includes('new certificate');
  await until(isTold, HANGS_MS, 'the restart to be told, with its reason');
  expect(await realm(dir, ['stop', 'service/web', '--why', 'too loud'])).toMatchObject({ code: 0 });
  expect((await soon(dir, { web: 'stopped' }))['web']!.reason).toContain('too loud');
  await realm(dir, ['up', '--restart']);
  await soon(dir, { db: 'running', web: 'stopped' });
  expect((await realm(dir, ['restart', 'web'])).stdout).toContain('stays stopped');
  expect(await realm(dir, ['start', 'service/web'])).toMatchObject({ code: 0 });
  await soon(dir, { web: 'running' });
  for (const verb of ['restart', 'ps'])
    expect(await realm(dir, [verb, 'wbe'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no service wbe') as string,
    });
  expect((await realm(dir, ['ps', 'web', '--json'])).stdout).not.toContain('service/db');
});

test('examples/services: a migration, a server, a worker that needs it, and one that cannot work', async () => {
  const dir = await realmOf('  {}\n');
  cpSync(join(root, 'examples/services'), dir, { recursive: true });
  const config = join(dir, 'realm.config.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8090', String(await freePort())));
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0, stderr: '' });
  const rows = await soon(dir, { migrate: 'completed', web: 'running', worker: 'running', flapping: 'crashlooping' });
  const isExplained = async (): Promise<boolean> =>
    (await realm(dir, ['why', 'service/flapping'])).stdout.includes('the disk is on fire');
  await until(isExplained, HANGS_MS, 'its last words'); // for a moment now and then it runs
  const log = join(dir, '.realm/logs/services/worker.log');
  const isAnswered = (): boolean => existsSync(log) && readFileSync(log, 'utf8').includes('web says: migrated');
  await until(isAnswered, HANGS_MS, 'the worker to be answered');

  process.kill(rows['web']!.pid!, 'SIGKILL');
  const isBack = async (): Promise<boolean> => {
    const { web, worker } = await ps(dir);
    return web!.restarts === 1 && web!.ready === true && worker!.restarts === 1 && worker!.state === 'running';
  };
  await until(isBack, HANGS_MS, 'web to be back, and worker to have begun anew');

  const before = await soon(dir, { web: 'running', worker: 'running' });
  const { daemon } = JSON.parse((await realm(dir, ['status', '--json'])).stdout) as { daemon: { pid: number } };
  process.kill(daemon.pid, 'SIGKILL');
  await until(() => !isRunning(daemon.pid), HANGS_MS, 'the daemon to die');
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0, stderr: '' });
  const after = await soon(dir, { migrate: 'completed', web: 'running', worker: 'running' });
  expect([after['web']!.pid, after['worker']!.pid]).toEqual([before['web']!.pid, before['worker']!.pid]);
  expect(readFileSync(join(dir, 'data.txt'), 'utf8')).toBe('migrated\n'); // once, whatever died
});
