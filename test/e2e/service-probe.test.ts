// A probe that runs a program leaves nothing behind when the daemon that began it is killed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HANGS_MS, isRunning, tempRealm, until, watch } from './realm.ts';
import { killAll } from './service-world.ts';

vi.setConfig({ testTimeout: 240_000 });

test('a program that was asked for readiness ends soon after its time, though nobody is left to end it', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': `plugins: [services]
services:
  web:
    command: [sleep, '1000']
    ready: { exec: [sh, -c, 'echo $$ >> asked; exec sleep 1000'], timeout: 6s }
`,
  });
  onTestFinished(() => killAll(dir));
  const daemon = watch(dir);
  const asked = join(dir, 'asked');
  const pids = (): number[] => readFileSync(asked, 'utf8').trim().split('\n').map(Number);
  await until(() => existsSync(asked) && pids().length > 0 && pids().at(-1)! > 0, HANGS_MS, 'the first question');
  await daemon.stop('SIGKILL');
  expect(pids().some(isRunning)).toBe(true);
  await until(() => !pids().some(isRunning), HANGS_MS, 'its end');
});
