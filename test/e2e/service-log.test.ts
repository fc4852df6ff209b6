// A log that is taken away under its writer is noticed and said, and comes back with the next life.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';
import { killAll } from './service-world.ts';

vi.setConfig({ testTimeout: 240_000 });

test('a deleted log is a condition and an event that say what to do; a restart ends it', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': `plugins: [services]
services:
  web: { shell: true, command: "while :; do echo tick; sleep 0.1; done" }
  other: { shell: true, command: "while :; do echo tick; sleep 0.1; done" }
`,
  });
  onTestFinished(() => killAll(dir));
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  const log = (name: string): string => join(dir, `.realm/logs/services/${name}.log`);
  const hasSpoken = (name: string): boolean =>
    existsSync(log(name)) && readFileSync(log(name), 'utf8').includes('tick');
  await until(() => hasSpoken('web') && hasSpoken('other'), HANGS_MS, 'first words');
  rmSync(log('web'));
  const why = async (name: string): Promise<string> => (await realm(dir, ['why', name])).stdout;
  await until(async () => (await why('web')).includes('LogDeleted'), HANGS_MS, 'the condition');
  expect(await why('other')).not.toContain('LogDeleted');
  const events = await realm(dir, ['events', '--type', 'service.logTruncated', '--json']);
  expect(events.stdout.trim().split('\n')).toHaveLength(1);
  await realm(dir, ['restart', 'web']);
  await until(() => hasSpoken('web'), HANGS_MS, 'a new log');
  await until(async () => !(await why('web')).includes('LogLost is True'), HANGS_MS, 'its end');
});
