// Services that behave badly, each with a clear reason, and none of them at the cost of the others.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ServiceRow } from '../../plugins/services/verbs/ps.ts';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';
import { killAll, processesOf, servicesOf } from './service-world.ts';

vi.setConfig({ testTimeout: 240_000 });
/** 300 MB on request: it is the same, and takes longer. */
const FLOOD_BYTES = Number(process.env['REALM_FLOOD_BYTES'] ?? 30_000_000);

interface Zoo {
  readonly dir: string;
  rows(): Promise<ReadonlyMap<string, ServiceRow>>;
  /** Waits until the service is so, and until its process is known when it runs; answers with its row. */
  until(name: string, state: ServiceRow['state'], about?: (row: ServiceRow) => boolean): Promise<ServiceRow>;
  /** Commands that run for this service, the shim aside, and what it is about to run. */
  running(name: string): readonly string[];
  /** Waits until these commands run for the service, and no others. */
  untilRunning(name: string, commands: readonly string[]): Promise<void>;
}

/** `services`: the lines below `services:`. A daemon keeps them; beside them, one that behaves well. */
async function zoo(services: string, files: Readonly<Record<string, string>> = {}): Promise<Zoo> {
  const dir = await tempRealm({
    'realm.config.yaml': `plugins: [services]\nservices:\n  good: { command: [sleep, '1000'] }\n${services}`,
    ...files,
  });
  onTestFinished(() => killAll(dir));
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  onTestFinished(async () => void (await realm(dir, ['down', '--services'])));
  const rows: Zoo['rows'] = () => servicesOf(dir);
  const self: Zoo = {
    dir,
    rows,
    async until(name, state, about = () => true) {
      let row: ServiceRow | undefined;
      const isSo = async (): Promise<boolean> => {
        row = (await rows()).get(name);
        return row?.state === state && (state !== 'running' || row.pid !== null) && about(row);
      };
      await until(isSo, HANGS_MS, `${name} to be ${state}`, () => JSON.stringify(row));
      return row!;
    },
    running: (name) =>
      processesOf(dir)
        .filter(({ service, command }) => service === name && !command.includes('shim.sh'))
        .map(({ command }) => command),
    untilRunning(name, commands) {
      const seen = (): string => self.running(name).toSorted().join('; ');
      const wanted = commands.toSorted().join('; ');
      return until(() => seen() === wanted, HANGS_MS, `${name} to run ${wanted}`, seen);
    },
  };
  await self.until('good', 'running');
  return self;
}

async function stopped(animals: Zoo, name: string): Promise<void> {
  expect(await realm(animals.dir, ['stop', `service/${name}`])).toMatchObject({ code: 0 });
  await animals.until(name, 'stopped');
}

async function goodOneIsWell(animals: Zoo): Promise<void> {
  expect((await animals.rows()).get('good')).toMatchObject({ state: 'running', ready: true, restarts: 0 });
}

test('a tree, a stray that double-forked, and a zombie all go with their service', async () => {
  const animals = await zoo(`
  tree: { command: "sh -c 'sleep 1001 & sleep 1002 & wait' & sleep 1003 & wait", shell: true }
  stray: { command: "(setsid sleep 1004 &) ; exec sleep 1005", shell: true }
  zombie: { command: "sleep 0 & exec sleep 1006", shell: true }
`);
  const seen = (name: string, count: number) =>
    until(
      () => animals.running(name).length === count,
      HANGS_MS,
      `${count} of ${name}`,
      () => animals.running(name).join('; '),
    );
  await Promise.all([seen('tree', 5), seen('stray', 2), seen('zombie', 1)]);
  for (const name of ['tree', 'stray', 'zombie']) {
    await stopped(animals, name);
    expect(animals.running(name), name).toEqual([]);
  }
  await goodOneIsWell(animals);
});

test('what outlives its parent is gone before the next start: never two copies', async () => {
  const animals = await zoo(`
  forker: { command: "(setsid sleep 1007 &); sleep 0.2; exit 3", shell: true, restart: { backoff: 50ms..50ms } }
`);
  await animals.until('forker', 'crashlooping');
  await until(() => animals.running('forker').filter((one) => one === 'sleep 1007').length <= 1, HANGS_MS, 'one stray');
  const { reason } = (await animals.rows()).get('forker')!;
  if (reason.includes('ended')) expect(reason).toContain('exit 3');
  await goodOneIsWell(animals);
});

test('process-compose #354: what ignores TERM is named while it blocks, and killed after the grace', async () => {
  const animals = await zoo(`
  stubborn: { command: "trap '' TERM; echo armed; while :; do sleep 0.1; done", shell: true, stop: { grace: 1h } }
`);
  const { pid } = await animals.until('stubborn', 'running');
  const log = join(animals.dir, '.realm/logs/services/stubborn.log');
  await until(() => existsSync(log) && readFileSync(log, 'utf8') === 'armed\n', HANGS_MS, 'its trap');
  expect(await realm(animals.dir, ['stop', 'service/stubborn', '--why', 'maintenance'])).toMatchObject({ code: 0 });
  let named: readonly Record<string, unknown>[] = [];
  const areNamed = async (): Promise<boolean> => {
    const { stdout } = await realm(animals.dir, ['blockers', '--json']);
    named = (JSON.parse(stdout) as { blockers: typeof named }).blockers;
    return named.length > 0;
  };
  await until(areNamed, HANGS_MS, 'a process to be named');
  expect(named).toContainEqual({
    ref: 'service/stubborn',
    pid,
    command: expect.stringContaining("trap '' TERM"),
    forMs: expect.any(Number),
    got: 'TERM',
    why: expect.stringContaining('maintenance'),
  });
  const config = join(animals.dir, 'realm.config.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('grace: 1h', 'grace: 1s')); // it was over long ago
  await animals.until('stubborn', 'stopped');
  expect(animals.running('stubborn')).toEqual([]);
  expect((await realm(animals.dir, ['blockers'])).stdout).toBe('None.\n');
});

test('process-compose #354: a child that lives on in the grace of what has ended is named too', async () => {
  const animals = await zoo(`
  parent: { command: "(trap '' TERM; exec sleep 1009) & wait", shell: true, stop: { grace: 1h } }
`);
  await animals.until('parent', 'running');
  await until(() => animals.running('parent').includes('sleep 1009'), HANGS_MS, 'the child to sleep');
  expect(await realm(animals.dir, ['stop', 'service/parent'])).toMatchObject({ code: 0 });
  const blockers = async (): Promise<string> => (await realm(animals.dir, ['blockers'])).stdout;
  await until(async () => /sleep 1009/.test(await blockers()), HANGS_MS, 'the child to be named');
  expect(await blockers()).not.toContain('trap');
  const config = join(animals.dir, 'realm.config.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('grace: 1h', 'grace: 1s')); // it was over long ago
  await animals.until('parent', 'stopped');
  expect(await blockers()).toBe('None.\n');
});

test('a missing program, a folder that is not to be entered and a taken port are told; a stranger is left alone', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { readonly port: number };
  const animals = await zoo(
    `
  missing: { command: [no-such-program-anywhere] }
  nowhere: { command: [sleep, '1000'], cwd: locked }
  crowded: { command: [sleep, '1000'], port: ${port} }
`,
    { locked: 'not even a folder\n' },
  );
  const missing = await animals.until('missing', 'crashlooping');
  expect(missing.reason).toContain('no-such-program-anywhere');
  const nowhere = await animals.until('nowhere', 'crashlooping');
  expect(nowhere.reason).toContain('locked');
  const crowded = await animals.until('crowded', 'waiting', ({ reason }) => reason.includes('taken'));
  expect(crowded.reason).toContain(`port ${port} is taken by`);
  expect(crowded.reason).toContain(`pid ${process.pid}`);
  expect(server.listening).toBe(true);
  const why = await realm(animals.dir, ['why', 'service/crowded']);
  expect(why.stdout).toContain(`pid ${process.pid}`);
  server.close();
  await animals.until('crowded', 'running');
  await goodOneIsWell(animals);
});

test.skipIf(process.getuid?.() === 0)('a folder without rights is named', async () => {
  const animals = await zoo("  nowhere: { command: [sleep, '1000'], cwd: locked }\n");
  mkdirSync(join(animals.dir, 'locked'), { mode: 0o000 });
  onTestFinished(() => chmodSync(join(animals.dir, 'locked'), 0o700));
  expect((await animals.until('nowhere', 'crashlooping')).reason).toContain('locked');
});

test('a log that its own service empties by `> /dev/stderr` still takes the next lines', async () => {
  const animals = await zoo(`
  truncating: { command: "echo before; echo oops > /dev/stderr; echo after; exec sleep 1000", shell: true }
`);
  await animals.until('truncating', 'running');
  const log = join(animals.dir, '.realm/logs/services/truncating.log');
  await until(() => existsSync(log) && readFileSync(log, 'utf8').endsWith('after\n'), HANGS_MS, 'the last line');
  await goodOneIsWell(animals);
});

test('adopt: a process that somebody started is watched and ended; the next restart is by its declaration', async () => {
  const animals = await zoo("  web: { command: [sleep, '2001'], stop: { grace: 5s } }\n");
  await stopped(animals, 'web');
  const stranger = spawn('sleep', ['2002'], { stdio: 'ignore' });
  onTestFinished(() => void stranger.kill('SIGKILL'));
  const adopt = (...words: readonly string[]) => realm(animals.dir, ['adopt', ...words]);
  const good = (await animals.until('good', 'running')).pid!;
  for (const [pid, as, why] of [
    [stranger.pid!, 'good', 'runs already'],
    [good, 'web', 'a part of service/good'],
    [4_194_305, 'web', 'There is no process'],
  ] as const)
    expect(await adopt(String(pid), '--as', as)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`ADOPTION_REFUSED.*${why}`)),
    });
  expect(await adopt(String(stranger.pid), '--as', 'web')).toMatchObject({ code: 0 });
  await realm(animals.dir, ['start', 'service/web']);
  expect(await animals.until('web', 'running')).toMatchObject({ pid: stranger.pid, ready: true });
  await realm(animals.dir, ['up', '--restart']);
  expect(await animals.until('web', 'running')).toMatchObject({ pid: stranger.pid });
  const gone = once(stranger, 'exit');
  await realm(animals.dir, ['restart', 'web']);
  expect(await gone).toEqual([null, 'SIGTERM']);
  const anew = await animals.until('web', 'running', ({ pid }) => pid !== stranger.pid);
  await animals.untilRunning('web', ['sleep 2001']);
  expect(anew.restarts).toBeGreaterThan(0);
});

/** What the files in a folder take on the disk; holes take nothing. */
const takenBy = (folder: string): number =>
  readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512,
    0,
  );

test('a flood stays within what its log may hold, and nobody else waits for it', async () => {
  const animals = await zoo(`
  flood: { command: "head -c ${FLOOD_BYTES} /dev/zero | tr '\\\\0' x | fold -w 99; echo over; exec sleep 1000", shell: true, log: { size: 1MiB, keep: 2 } }
`);
  const logs = join(animals.dir, '.realm/logs/services');
  const isOver = (): boolean => lastBytes(join(logs, 'flood.log')).endsWith('over\n');
  await until(isOver, HANGS_MS, 'the end of the flood');
  await until(
    () => takenBy(logs) < 8 * 2 ** 20,
    HANGS_MS,
    'its log to be cut',
    () => String(takenBy(logs)),
  );
  await animals.until('flood', 'running', ({ restarts }) => restarts === 0);
  await goodOneIsWell(animals);
});

function lastBytes(file: string): string {
  if (!existsSync(file)) return '';
  const { size } = statSync(file);
  const buffer = Buffer.alloc(Math.min(size, 16));
  const handle = openSync(file, 'r');
  readSync(handle, buffer, 0, buffer.length, size - buffer.length);
  closeSync(handle);
  return buffer.toString('utf8');
}

test('a full disk of logs: who cannot write says so, and what dies is started again', async (context) => {
  const animals = await zoo("  chatty: { command: [sh, -c, 'while echo line; do :; done; exit 9'] }\n", {
    '.realm/logs/services/.keep': '',
  });
  const disk = join(animals.dir, '.realm/logs/services');
  // Mounted over the folder: those who write there already are not met, so all begin anew.
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status !== 0) {
    console.warn('NOT RUN: no tmpfs can be mounted here, so no disk could be filled');
    return context.skip();
  }
  onTestFinished(() => void spawnSync('umount', ['-l', disk]));
  await realm(animals.dir, ['restart', 'chatty', 'good']);
  const { reason } = await animals.until('chatty', 'crashlooping');
  expect(reason).toContain('exit 9');
  const good = await animals.until('good', 'running', ({ restarts }) => restarts === 1);
  process.kill(good.pid!, 'SIGKILL');
  await animals.until('good', 'running', ({ restarts, ready }) => restarts === 2 && ready === true);
});
