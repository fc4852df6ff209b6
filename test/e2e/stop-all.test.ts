// What the daemon started lives on after it, also while one command works; `down --services` and `--stop-on-exit` end it too.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HANGS_MS, isRunning, realm, tempRealm, until, watch } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

/** A kind that starts a process which outlives everybody, a hook that stops it when told to, and a long action. */
const PLUGIN = `
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { definePlugin, s } from 'realm-runner/plugin';

const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
const pidOf = (root, name) => { const file = join(root, name + '.pid'); return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0; };
export default definePlugin({
  name: 'sleepers',
  summary: 'Starts processes.',
  setup(realm) {
    realm.kind({
      name: 'sleeper', section: 'sleepers', spec: s.object({}), state: s.object({}), resyncMs: 100,
      observe: async ({ name }, ctx) => (alive(pidOf(ctx.paths.root, name) || 999999999) ? {} : null),
      apply: async ({ name }, _changes, ctx) => {
        const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
        child.unref();
        appendFileSync(join(ctx.paths.root, 'started'), name + '\\n');
        writeFileSync(join(ctx.paths.root, name + '.pid'), String(child.pid));
      },
      remove: async () => {},
    });
    realm.tap('stopping', async ({ budgetMs, everything }, ctx) => {
      appendFileSync(join(ctx.paths.root, 'stopping'), JSON.stringify({ budgetMs, everything }) + '\\n');
      if (!everything) return;
      for (const { name } of ctx.resources('sleeper').toReversed()) process.kill(pidOf(ctx.paths.root, name), 'SIGKILL');
      await pause(300); // long enough for a look that would start them again
      return existsSync(join(ctx.paths.root, 'stubborn')) ? ['sleeper/one'] : undefined;
    }, { timeoutMs: 20_000 });
    realm.action({
      name: 'sleepers.long', summary: 'Takes long.', input: s.object({}), effect: 'write', long: true,
      run: async (_input, ctx) => {
        writeFileSync(join(ctx.paths.root, 'long.pid'), String(process.pid));
        await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve)); // nothing else keeps its process
        throw ctx.signal.reason;
      },
    });
  },
});
`;
const CONFIG = 'plugins: [file, ./sleepers.ts]\nsleepers: { one: {}, two: { after: [sleeper/one] } }\n';
const lines = (dir: string, name: string): string[] =>
  existsSync(join(dir, name)) ? readFileSync(join(dir, name), 'utf8').trim().split('\n') : [];
const pidOf = (dir: string, name: string): number => Number(lines(dir, `${name}.pid`)[0] ?? 0);
const NAMES = ['one', 'two', 'long'];
const running = (dir: string): string[] => NAMES.filter((name) => pidOf(dir, name) > 0 && isRunning(pidOf(dir, name)));
async function runStates(dir: string): Promise<string[]> {
  const { runs } = JSON.parse((await realm(dir, ['runs', '--json'])).stdout) as { runs: { state: string }[] };
  return runs.map(({ state }) => state);
}

async function begun(args: readonly string[] = ['watch', '--yes']) {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG, 'sleepers.ts': PLUGIN });
  onTestFinished(() => running(dir).forEach((name) => process.kill(pidOf(dir, name), 'SIGKILL')));
  const watching = watch(dir, args);
  await until(() => running(dir).length === 2, HANGS_MS, 'both to sleep', watching.output);
  expect(await realm(dir, ['sleepers', 'long', '--detach'])).toMatchObject({ code: 0 });
  await until(() => running(dir).length === 3, HANGS_MS, 'the long run to begin', watching.output);
  return { dir, watching };
}

test('down leaves everything running, one command in between loses nothing, and down --services without a daemon ends all', async () => {
  const { dir, watching } = await begun();
  expect(await realm(dir, ['down'])).toMatchObject({ code: 0 });
  await watching.ended;
  expect(lines(dir, 'stopping').map((line) => JSON.parse(line) as object)).toEqual([
    { budgetMs: expect.any(Number), everything: false },
  ]);
  expect(running(dir)).toEqual(NAMES);
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await runStates(dir)).toEqual(['running']);
  const down = await realm(dir, ['down', '--services']);
  expect(down, down.stderr).toMatchObject({ code: 0 });
  expect(running(dir)).toEqual([]);
  expect(await runStates(dir)).toEqual(['cancelled']);
  expect(lines(dir, 'started')).toEqual(['one', 'two']);
});

test('down --services ends what runs and what was started, and nothing is started again', async () => {
  const { dir, watching } = await begun();
  const down = await realm(dir, ['down', '--services']);
  expect(down).toMatchObject({ code: 0, stdout: expect.stringContaining('has ended') });
  await watching.ended;
  expect(running(dir)).toEqual([]);
  expect(await runStates(dir)).toEqual(['cancelled']);
  expect(lines(dir, 'started')).toEqual(['one', 'two']);
});

test('down --services names what could not be ended, and is no success', async () => {
  const { dir, watching } = await begun();
  writeFileSync(join(dir, 'stubborn'), '');
  const down = await realm(dir, ['down', '--services']);
  expect(down).toMatchObject({ code: 1, stdout: expect.stringContaining('has ended. sleeper/one keeps running') });
  await watching.ended;
  const { stdout } = await realm(dir, ['events', '--type', 'realm.stopped']);
  expect(stdout).toContain('could not be ended: sleeper/one');
});

test('watch --stop-on-exit does so at Ctrl-C', async () => {
  const { dir, watching } = await begun(['watch', '--yes', '--stop-on-exit']);
  expect((await watching.stop()).code).toBe(130);
  expect(running(dir)).toEqual([]);
  expect(await runStates(dir)).toEqual(['cancelled']);
});
