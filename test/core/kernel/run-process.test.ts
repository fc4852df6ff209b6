// A long action in a process of its own: it outlives the kernel that began it, and the next one reads how it went.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { Kernel } from '../../../core/kernel/kernel.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { noCrash } from '../../../core/crash.ts';
import { systemRandom } from '../../../core/random.ts';
import type { StoredRun } from '../../../core/store/runs.ts';

const PLUGIN = `
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, s } from 'realm-runner/plugin';

const until = async (path, signal) => {
  while (!existsSync(path)) {
    if (signal.aborted) throw signal.reason;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export default definePlugin({
  name: 'lab',
  summary: 'Long work.',
  setup(realm) {
    realm.kind({ name: 'box', section: 'boxes', spec: s.object({ size: s.bytes(), key: s.secret() }) });
    realm.action({
      name: 'lab.work', summary: 'Works.', effect: 'write', long: true,
      input: s.object({ rest: s.duration(), do: s.string().default('') }),
      async run(input, ctx) {
        ctx.progress({ phase: 'waiting', done: 1, total: 2 });
        ctx.log.info('the key is ' + ctx.reveal(ctx.resources('box')[0].spec.key), { input });
        if (input.do === 'emit') ctx.emit('realm.stopped', { reason: 'x' });
        if (input.do === 'store') ctx.rows.set('a', 1);
        if (input.do === 'start') await ctx.start({ action: 'lab.work', key: 'k', input: {} });
        if (input.do !== '') return null;
        await until(join(ctx.paths.root, 'go'), ctx.signal);
        return {
          pid: process.pid,
          rest: input.rest,
          row: ctx.rows.get('told') ?? null,
          boxes: ctx.resources('box').map(({ name, spec }) => [name, spec.size]),
          runs: ctx.runs('test:').map(({ state }) => state),
          greeting: process.env.GREETING,
          actor: ctx.actor,
        };
      },
    });
  },
});
`;
const CONFIG = `
realm: { name: t }
plugins: [./lab.ts]
boxes: { one: { size: "\${env:BOX_SIZE}", key: "\${secret:key}" } }
secrets: { key: { env: LAB_KEY } }
`;

const env = {
  PATH: process.env['PATH'],
  GREETING: 'hi',
  BOX_SIZE: '2KiB',
  LAB_KEY: 'hunter2-hunter2',
  'BASH_FUNC_x%%': '() { :; }',
};

function place() {
  const root = mkdtempSync(join(tmpdir(), 'realm-run-process-'));
  const write = (path: string, text: string): void => writeFileSync(join(root, path), text);
  write('realm.config.yaml', CONFIG);
  write('lab.ts', PLUGIN);
  const kernels: Kernel[] = [];
  onTestFinished(async () => {
    write('go', ''); // lets every run end
    await Promise.all(kernels.map((kernel) => kernel.stop(2_000)));
    rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  const open = async (): Promise<Kernel> => {
    const kernel = await Kernel.open({
      file: join(root, 'realm.config.yaml'),
      stateDir: join(root, '.realm'),
      env,
      purpose: 'daemon',
      world: { clock: systemClock, random: systemRandom, crash: noCrash, env, log: () => silentLog },
    });
    kernels.push(kernel);
    await kernel.start();
    return kernel;
  };
  const stop = async (kernel: Kernel): Promise<void> => {
    kernels.splice(kernels.indexOf(kernel), 1);
    await kernel.stop(2_000);
  };
  return { root, write, open, stop, dir: (id: string) => join(root, '.realm/run', id) };
}

async function eventually<T>(what: () => T | undefined | false): Promise<T> {
  const deadline = AbortSignal.timeout(60_000);
  for (;;) {
    const found = what();
    if (found !== undefined && found !== false) return found;
    deadline.throwIfAborted();
    await pause(20);
  }
}

const begin = (kernel: Kernel, input: object): Promise<{ readonly id: string }> =>
  kernel.runs.start({ action: 'lab.work', key: `test:${JSON.stringify(input)}`, input, actor: 'user:ann' });

/** The run once its process is at work. */
const atWork = (kernel: Kernel, id: string): Promise<StoredRun> =>
  eventually(() => {
    const run = kernel.runs.get(id);
    if (run?.state !== 'running' && run?.state !== 'queued') throw new Error(`ended: ${run?.reason}`);
    return run.progress?.phase === 'waiting' && run;
  });

test('it outlives its kernel, and the next one reads its output', async () => {
  const { root, write, open, stop, dir } = place();
  const first = await open();
  const { id } = await begin(first, { rest: '2m' });
  await atWork(first, id);
  first.store.rows.of('lab').set('told', 'after it began');
  await stop(first);
  expect(existsSync(join(dir(id), 'result.json'))).toBe(false);
  write('go', '');
  await eventually(() => existsSync(join(dir(id), 'result.json')));
  const second = await open();
  const run = await second.runs.whenEnded(id);
  expect(run).toMatchObject({ state: 'succeeded', exitCode: 0, attempt: 1 });
  expect(run.output).toEqual({
    pid: expect.any(Number),
    rest: 120_000,
    row: 'after it began',
    boxes: [['one', 2_048]],
    runs: ['running'],
    greeting: 'hi',
    actor: 'user:ann',
  });
  expect((run.output as { pid: number }).pid).not.toBe(process.pid);
  const log = readFileSync(join(dir(id), 'log'), 'utf8');
  expect(log).toMatch(/^\S+Z info {2}lab {2}the key is \(secret key\) input=\{"rest":120000,"do":""\}\n$/);
  expect(existsSync(join(root, '.realm/run', id, 'request.json'))).toBe(true);
});

test.each([
  ['emit', 'a long action tried to state the event realm.stopped from its own process'],
  ['store', 'a long action tried to store a row from its own process'],
  ['start', 'a long action tried to start a run of lab.work from its own process'],
])('it cannot %s: only its output comes back', async (what, reason) => {
  const { open } = place();
  const kernel = await open();
  const { id } = await begin(kernel, { rest: '1s', do: what });
  expect(await kernel.runs.whenEnded(id)).toMatchObject({
    state: 'failed',
    exitCode: 1,
    reason: `${reason} (RUN_CANNOT_WRITE)`,
  });
  expect(kernel.store.rows.of('lab').list()).toEqual([]);
});

test('cancelled, its action hears it and its process ends', async () => {
  const { open } = place();
  const kernel = await open();
  const { id } = await begin(kernel, { rest: '1s' });
  await atWork(kernel, id);
  const run = await kernel.runs.cancel(id, 'enough', 'user:ann');
  expect(run).toMatchObject({ state: 'cancelled', reason: 'enough', exitCode: 143 });
});

test('an input that does not fit: the reason of the run says so', async () => {
  const { open } = place();
  const kernel = await open();
  const { id } = await begin(kernel, { rest: 'soon' });
  expect((await kernel.runs.whenEnded(id)).reason).toMatch(/^lab\.work: .*rest/);
});

test('what is typed meanwhile is not in force: the run goes by the config that its kernel has', async () => {
  const { open, write } = place();
  write('go', '');
  const kernel = await open();
  const work = async (wait: string): Promise<StoredRun> =>
    kernel.runs.whenEnded((await begin(kernel, { rest: wait })).id);
  const boxes = async (wait: string): Promise<unknown> => ((await work(wait)).output as { boxes: unknown }).boxes;
  for (const [wait, edit] of [
    ['1s', `${CONFIG}\nboxs: {}\n`],
    ['2s', '{ half: '],
    ['3s', CONFIG.replace('${env:BOX_SIZE}', '1KiB')], // valid, and not heard of yet
  ] as const) {
    write('realm.config.yaml', edit);
    expect(await boxes(wait)).toEqual([['one', 2_048]]);
  }
  expect(await kernel.reload()).toEqual({ ok: true, changed: true });
  expect(await boxes('4s')).toEqual([['one', 1_024]]);
});

test('a plugin whose code is broken meanwhile is the reason of the run', async () => {
  const { open, write } = place();
  const kernel = await open();
  write('lab.ts', 'export default 7;');
  const { id } = await begin(kernel, { rest: '1s' });
  const run = await kernel.runs.whenEnded(id);
  expect(run).toMatchObject({ state: 'failed', reason: expect.stringMatching(/lab\.ts/) as string });
});
