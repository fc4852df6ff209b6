// Services under a real daemon: killed, edited, abandoned and found again, stopped; each process counted from outside.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HANGS_MS, isRunning, realm, tempRealm, until, type Watch, watch } from './realm.ts';

vi.setConfig({ testTimeout: 240_000 }); // many commands and restarts, each slow on a busy machine

/** Says who it is in a file of the test's own, then stays. Its port is none that the system gives away by itself. */
const LOYAL = 'echo "$$ $REALM_SERVICE $MODE $PORT $LEAKED" >> starts; exec sleep 1000';
const config = (mode: string): string => `plugins: [services]
services:
  web: { command: '${LOYAL}', shell: true, env: { MODE: ${mode} }, port: 7321 }
  db: { command: '${LOYAL}', shell: true }
  migrate: { command: 'echo "$$ $REALM_SERVICE" >> starts', shell: true, type: once }
  late: { command: '${LOYAL}', shell: true, after: { service/migrate: completed, service/db: ready } }
`;

interface Start {
  readonly pid: number;
  readonly name: string;
  readonly line: string;
}

const startsOf = (dir: string, name?: string): readonly Start[] =>
  (existsSync(join(dir, 'starts')) ? readFileSync(join(dir, 'starts'), 'utf8').trim().split('\n') : [])
    .map((line) => ({ pid: Number(line.split(' ')[0]), name: line.split(' ')[1] ?? '', line }))
    .filter((start) => name === undefined || start.name === name);
const running = (dir: string): readonly string[] =>
  startsOf(dir)
    .filter(({ pid }) => isRunning(pid))
    .map(({ pid, name }) => `${name} ${pid}`)
    .toSorted();
const names = (dir: string): readonly string[] => running(dir).map((one) => one.split(' ')[0]!);

async function begun(): Promise<{ dir: string; watching: Watch }> {
  const dir = await tempRealm({ 'realm.config.yaml': config('one') });
  onTestFinished(() => startsOf(dir).forEach(({ pid }) => isRunning(pid) && process.kill(pid, 'SIGKILL')));
  const watching = watch(dir, ['watch', '--yes'], { env: { LEAKED: 'from the shell' } });
  const areUp = (): boolean => names(dir).join() === 'db,late,web'; // `migrate` may be about to end when it has written
  await until(areUp, HANGS_MS, 'all to run', watching.output);
  return { dir, watching };
}

test('a service that is killed runs again; an edit restarts what it means; the rest stays', async () => {
  const { dir, watching } = await begun();
  expect(startsOf(dir, 'web')[0]!.line).toMatch(/^\d+ web one 7321 *$/); // nothing of the shell's own
  const [db] = startsOf(dir, 'db');
  process.kill(db!.pid, 'SIGKILL');
  await until(() => startsOf(dir, 'db').length === 2, HANGS_MS, 'db to run again', watching.output);
  writeFileSync(join(dir, 'realm.config.yaml'), config('two'));
  await until(() => startsOf(dir, 'web').length === 2, HANGS_MS, 'web to run anew', watching.output);
  expect(startsOf(dir, 'web')[1]!.line).toMatch(/^\d+ web two/);
  await until(() => !isRunning(startsOf(dir, 'web')[0]!.pid), HANGS_MS, 'the old web to end', watching.output);
  expect(startsOf(dir, 'late')).toHaveLength(1);
  expect(startsOf(dir, 'migrate')).toHaveLength(1);
  const why = await realm(dir, ['why', 'service/db']);
  expect(why).toMatchObject({ code: 0 });
  const isTold = async (): Promise<boolean> =>
    (await realm(dir, ['events', '--json', '--ref', 'service/db'])).stdout.includes('service.exited');
  await until(isTold, HANGS_MS, 'the end of db to be told');
});

test('a daemon that is killed finds all of them again, with another environment too; nothing is started twice', async () => {
  const { dir, watching } = await begun();
  const before = running(dir);
  const starts = startsOf(dir).length;
  process.kill(watching.pid, 'SIGKILL');
  await watching.ended;
  expect(running(dir)).toEqual(before);
  const victim = startsOf(dir, 'db')[0]!;
  process.kill(victim.pid, 'SIGKILL'); // while nobody looks
  const again = watch(dir, ['watch', '--yes'], { env: { LEAKED: 'from another shell' } });
  await until(() => startsOf(dir, 'db').length === 2, HANGS_MS, 'db to run again', again.output);
  await until(async () => (await realm(dir, ['status', '--json'])).code === 0, HANGS_MS, 'a status');
  expect(running(dir).filter((one) => !one.startsWith('db'))).toEqual(before.filter((one) => !one.startsWith('db')));
  expect(startsOf(dir)).toHaveLength(starts + 1);
  expect(await realm(dir, ['plan'])).toMatchObject({ code: 0 });
  const down = await realm(dir, ['down', '--services']);
  expect(down, down.stderr).toMatchObject({ code: 0 });
  expect(running(dir)).toEqual([]);
});

test('a stopped service stays down over a daemon, an undeclared one goes, a missing program is named', async () => {
  const { dir, watching } = await begun();
  expect(await realm(dir, ['stop', 'service/web', '--why', 'a test'])).toMatchObject({ code: 0 });
  await until(() => !names(dir).includes('web'), HANGS_MS, 'web to end', watching.output);
  expect((await watching.stop()).code).toBe(130);
  expect(names(dir)).toEqual(['db', 'late']);
  const lines = config('one').split('\n');
  const edited = [...lines.filter((line) => !line.includes(' late:')), '  gone: { command: [no-such-program-at-all] }'];
  writeFileSync(join(dir, 'realm.config.yaml'), edited.filter((line) => line !== '').join('\n'));
  const again = watch(dir);
  const late = join(dir, '.realm/data/services/late');
  await until(() => !names(dir).includes('late') && !existsSync(late), HANGS_MS, 'late to go', again.output);
  await until(
    async () =>
      (await realm(dir, ['why', 'service/gone'])).stdout.replaceAll(/\s+/g, ' ').includes('no-such-program-at-all'),
    HANGS_MS,
    'why to name the program',
  );
  expect(names(dir)).toEqual(['db']);
  expect(await realm(dir, ['start', 'service/web'])).toMatchObject({ code: 0 });
  await until(() => names(dir).includes('web'), HANGS_MS, 'web to run again', again.output);
  expect(await realm(dir, ['down', '--services'])).toMatchObject({ code: 0 });
  expect(running(dir)).toEqual([]);
});
